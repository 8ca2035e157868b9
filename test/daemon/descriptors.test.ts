// File descriptors: what doctor says of how many are open, and when they ran out. With a real daemon: test/faults/descriptors.test.ts.
import { spawnSync } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import {
  checkDescriptors,
  type Descriptors,
  limitIn,
  limitOfReport,
  watchDescriptors,
} from '../../src/daemon/descriptors.ts'
import { IncidentList } from './usage/usage-home.ts'

const MINUTE = 60_000
const failing = (code: string) => Object.assign(new Error(`${code}: too many open files`), { code })

function watched(t: { teardown(end: () => void): void }) {
  const incidents = new IncidentList()
  const state = { now: 5, code: null as string | null, taken: 0 }
  const descriptors: Descriptors = watchDescriptors({
    incidents,
    ticks: () => state.now,
    takeOne() {
      state.taken++
      if (state.code !== null) throw failing(state.code)
    },
  })
  t.teardown(descriptors.stop)
  return { incidents, state, descriptors, codes: () => incidents.all.map(({ code }) => code) }
}

t.test('how many are open', async (t) => {
  t.match(checkDescriptors(80, 100), {
    level: 'ok',
    code: 'descriptors',
    says: '80 open, of 100 that tallyd may have',
  })
  t.match(checkDescriptors(81, 100), {
    level: 'warning',
    code: 'descriptorsLow',
    next: /LimitNOFILE|ulimit -n/,
  })
  t.match(checkDescriptors(5_000, null), { level: 'ok', says: '5000 open' }, 'without a limit')
  t.match(checkDescriptors(null, 100), { level: 'ok', says: /cannot be told/ })
  t.match(watched(t).descriptors.check(), { level: 'ok', code: 'descriptors', says: /^\d+ open/ })
})

t.test('the limit, as Linux says it', { skip: process.platform !== 'linux' && 'no /proc' }, async (t) => {
  const { stdout } = spawnSync('sh', ['-c', 'ulimit -n 123; cat /proc/self/limits'], { encoding: 'utf8' })
  t.equal(limitIn(stdout), 123)
  t.equal(limitIn('Max open files            unlimited            unlimited            files     \n'), null)
  t.equal(limitIn(''), null)
})

t.test('the limit, where there is no /proc, is the same', async (t) => {
  const limits = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim()
  t.equal(String(limitOfReport() ?? 'unlimited'), limits)
})

t.test('an error tells of it, and it ends ten minutes after the last one', async (t) => {
  const { incidents, state, descriptors, codes } = watched(t)
  for (const error of [null, undefined, 'EMFILE', new Error('EMFILE'), failing('ENOSPC')])
    descriptors.note(error)
  t.same(codes(), [])
  descriptors.note(new Error('the list could not be written', { cause: failing('EMFILE') }))
  t.match(incidents.all, [
    { code: 'descriptorsUsedUp', subject: 'descriptors', next: /LimitNOFILE|ulimit -n/ },
  ])
  if (process.platform === 'linux')
    t.match(incidents.all[0]?.says, /, of \d+ that it may have open \(EMFILE\)/)
  descriptors.note(failing('EMFILE'))
  t.equal(codes().length, 1, 'a shower is one')
  state.now += 2 * MINUTE
  state.code = 'EMFILE'
  descriptors.look()
  t.equal(codes().length, 2, 'one that stays is counted again')
  state.code = null
  state.now += 9 * MINUTE
  descriptors.look()
  t.equal(codes().length, 2, 'whoever asks a while later hears of it')
  state.now += 2 * MINUTE
  descriptors.look()
  t.same(codes(), [])
  descriptors.note(failing('EMFILE'))
  t.equal(codes().length, 1, 'it may come again')
})

t.test('the whole machine has none left', async (t) => {
  const { incidents, state, descriptors } = watched(t)
  state.code = 'ENFILE'
  descriptors.look()
  t.match(incidents.all, [{ says: /^this machine .*ENFILE/, next: /fs\.file-max/ }])
})

t.test('what the one before told is over', async (t) => {
  const incidents = new IncidentList()
  incidents.record({ code: 'descriptorsUsedUp', subject: 'descriptors', says: '', next: '' })
  watchDescriptors({ incidents }).stop()
  t.same(incidents.all, [])
})

t.test('it looks when a connection was accepted, until it is stopped', async (t) => {
  const { state, descriptors, codes } = watched(t)
  const server = createServer((socket: Socket) => socket.end())
  t.teardown(() => server.close())
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { port: number }
  const visit = () =>
    new Promise((gone) => connect(port, '127.0.0.1').on('error', gone).on('close', gone).resume())
  state.code = 'EMFILE'
  await visit()
  t.same(codes(), ['descriptorsUsedUp'])
  descriptors.stop()
  const { taken } = state
  await visit()
  t.equal(state.taken, taken)
  t.equal(channel('net.server.socket').hasSubscribers, false)
})
