// Time that jumps: the machine slept, the process was stopped, the clock was set. A suspended machine cannot be had in a test: SIGSTOP and
// SIGCONT stand for it, which unlike a suspend let the monotonic clock go on; and a clock that is set, which unlike a suspend stops nothing.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Glance } from '../../src/contract/glance.ts'
import type { Summary } from '../../src/contract/usage.ts'
import { Link, type LinkContext } from '../../src/daemon/devices/link.ts'
import { noticeWaking } from '../../src/daemon/waking.ts'
import { DAY_MS, HOUR_MS, wallClock } from '../harness/clock.ts'
import { daemon, temporaryFolder, until } from '../harness/daemon.ts'
import { areLive, type Device, devices, joinByCode, pairByCode } from '../harness/devices.ts'
import { webSocket } from '../harness/web-socket.ts'
import { callLines } from './usage/usage-home.ts'

t.setTimeout(480_000)

/** How long what comes within seconds may take on a busy machine. */
const PATIENCE_MS = 60_000

t.test('a jump either way is noticed, and a machine that is late is none', async (t) => {
  let [offset, woken] = [0, 0]
  const end = noticeWaking({
    now: () => performance.now() + offset,
    woken: () => woken++,
    lookMs: 20,
    // Far more than a busy machine keeps a timer waiting.
    lateMs: 60_000,
  })
  t.teardown(end)
  await sleep(100)
  offset = 30_000
  await sleep(100)
  t.equal(woken, 0, 'late')
  offset += 120_000
  await until(() => woken === 1, 'ahead', PATIENCE_MS)
  offset -= 600_000
  await until(() => woken === 2, 'back', PATIENCE_MS)
  await sleep(100)
  t.equal(woken, 2, 'each jump once')
  end()
  offset += 120_000
  await sleep(100)
  t.equal(woken, 2, 'ended')
})

t.test(
  'a link that waits ever longer is tried at once after a jump, and begins its waits anew',
  async (t) => {
    const dials: number[] = []
    const link = new Link({
      addresses() {
        dials.push(performance.now())
        return []
      },
      token: () => null,
      changed: () => undefined,
      now: Date.now,
      random: () => 0.5,
    } as unknown as LinkContext)
    t.teardown(() => link.stop())
    link.start()
    // After 0, 1 and 3 s; the next one would be after 7 s.
    await until(() => dials.length === 3, 'three tries', PATIENCE_MS)
    // Timers of one process end in their order, however late: what is dialled before this one's end was due before it.
    const before = sleep(3_500).then(() => dials.length)
    link.woken()
    t.equal(dials.length, 4, 'at once')
    t.ok((await before) >= 5, 'and again before the wait that was under way is over')
    t.ok(dials[4]! - dials[3]! >= 900, 'after a second')
  },
)

t.test('a real daemon goes to a device that is away as soon as time has jumped', async (t) => {
  const clock = wallClock(t)
  const [reader, giver] = (await devices(t, 2, { env: clock.env })) as [Device, Device]
  await joinByCode(reader, giver, 'read')
  await until(async () => (await reader.row(giver))?.freshness === 'live', 'it is live')
  await giver.end('SIGKILL')
  await until(async () => (await reader.row(giver))?.freshness === 'cached', 'it is lost', PATIENCE_MS)
  // Tried again after 1, 3, 7 and 15 s, give or take a quarter; three more take more than a minute, but for the jump.
  await sleep(19_000)
  let knocks = 0
  const server = createServer((socket) => {
    knocks++
    socket.destroy()
  }).listen(giver.port, '127.0.0.1')
  t.teardown(() => server.close())
  clock.set(8 * HOUR_MS)
  const began = performance.now()
  await until(() => knocks >= 3, 'three tries', PATIENCE_MS)
  t.comment(`the third ${Math.round(performance.now() - began)} ms after the jump`)
  server.close()
  await giver.start()
  await until(
    async () => (await reader.row(giver))?.freshness === 'live',
    'and it is live again',
    PATIENCE_MS,
  )
})

t.test('a paired device that is stopped is shown as lost, and live again when it goes on', async (t) => {
  const [one, two] = (await devices(t, 2)) as [Device, Device]
  await pairByCode(one, two)
  process.kill(two.daemon.pid, 'SIGSTOP')
  await until(async () => (await one.row(two))?.freshness === 'cached', 'it is lost', 90_000)
  t.ok((await one.row(two))?.asOf, 'with when it was seen last')
  one.spend()
  process.kill(two.daemon.pid, 'SIGCONT')
  const began = performance.now()
  await areLive(one, two)
  await until(async () => (await two.row(one))?.all.calls === 2, 'with what was spent meanwhile')
  t.comment(`both live ${Math.round(performance.now() - began)} ms after it went on`)
})

t.test('a day that ends meanwhile: today is empty for who follows, reads or asks', async (t) => {
  const clock = wallClock(t)
  const home = temporaryFolder(t)
  const log = join(home, '.claude/projects/p/session-a.jsonl')
  mkdirSync(dirname(log), { recursive: true })
  writeFileSync(log, callLines(1, 3))
  const lines = readFileSync(log, 'utf8')
  // Of now, so that they are of today.
  writeFileSync(log, lines.replaceAll(/"timestamp":"[^"]+"/g, `"timestamp":"${new Date().toISOString()}"`))
  const running = await daemon(t, { home, env: { ...clock.env, TZ: 'UTC' } })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  const today = async () => (await running.call('usage.summary', { range: 'today' })).total.calls
  t.equal(await today(), 3)
  const follower = await webSocket(t, running.socket)
  await follower.ask('events.subscribe', { event: 'usage.changed', params: { range: 'today' } })
  const told = () => (follower.notifications.at(-1)!.params.value as Summary).total.calls
  await until(() => follower.notifications.length > 0 && told() === 3, 'the follower knows')
  const last = () => JSON.parse(readFileSync(join(home, 'last.json'), 'utf8')) as Glance
  await until(() => existsSync(join(home, 'last.json')) && last().today.calls === 3, 'last.json knows')

  process.kill(running.pid, 'SIGSTOP')
  clock.set(DAY_MS)
  appendFileSync(log, callLines(4, 4))
  await sleep(500)
  process.kill(running.pid, 'SIGCONT')
  const began = performance.now()
  t.equal(await today(), 0)
  await until(() => told() === 0, 'the follower is told', PATIENCE_MS)
  await until(() => last().today.calls === 0, 'last.json too', PATIENCE_MS)
  t.comment(`${Math.round(performance.now() - began)} ms after it went on`)
  t.equal((await running.call('usage.summary', { range: 'all' })).total.calls, 4, 'and nothing is lost')
})

t.test('a window for others is over at the time that was said', async (t) => {
  const clock = wallClock(t)
  const [one] = (await devices(t, 1, { env: clock.env })) as [Device]
  await one.call('sharing.set', { mode: 'window', seconds: 3_600 })
  clock.set(2 * HOUR_MS)
  await until(async () => !(await one.call('sharing.show')).sharing.open, 'it is closed', PATIENCE_MS)
})
