// What a supervisor is told, and when it is told nothing.
import t, { type Test } from 'tap'
import { createSupervisor } from '../../src/daemon/supervisor.ts'
import { until } from '../harness/daemon.ts'

const SOCKET = '/run/user/1/systemd/notify'

function supervised(t: Test, env: Record<string, string>, check: () => Promise<unknown> = async () => 1) {
  const told: string[] = []
  const errors: string[] = []
  const sockets = new Set<string>()
  const log = {
    error: (message: string) => void errors.push(message),
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
  }
  const given = { ...env }
  const supervisor = createSupervisor({
    env: given,
    pid: 42,
    log,
    check,
    async send(lines, socket) {
      told.push(...lines)
      sockets.add(socket)
    },
  })
  t.teardown(() => supervisor.stopping())
  return { supervisor, told, errors, sockets, env: given }
}

t.test('nobody listens', async (t) => {
  const { supervisor, told } = supervised(t, { WATCHDOG_USEC: '1000', PATH: '/bin' })
  supervisor.ready()
  await supervisor.stopping()
  t.same(told, [])
})

t.test('ready, that it lives, reloading, stopping; and what we start does not speak for us', async (t) => {
  const all = { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '40000', WATCHDOG_PID: '42', PATH: '/bin' }
  const { supervisor, told, env, sockets } = supervised(t, all)
  t.same(env, { PATH: '/bin' })
  supervisor.ready()
  t.equal(told[0], 'READY=1')
  await until(() => told.filter((line) => line === 'WATCHDOG=1').length >= 3, 'it is told again and again')
  const before = told.length
  await supervisor.reloading(async () => void told.push('the work'))
  t.same(
    told.slice(before).filter((line) => line !== 'WATCHDOG=1'),
    ['RELOADING=1', 'the work', 'READY=1'],
  )
  await supervisor.stopping()
  t.equal(told.at(-1), 'STOPPING=1')
  t.same([...sockets], [SOCKET])
  const after = told.length
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.equal(told.length, after, 'then nothing more')
})

t.test('a daemon that does not answer itself is not told to live, until it does', async (t) => {
  let isDeaf = true
  const { supervisor, told, errors } = supervised(
    t,
    { NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '40000' },
    async () => {
      if (isDeaf) throw new Error('no answer')
    },
  )
  supervisor.ready()
  await until(() => errors.length >= 3, 'it looked again')
  t.notOk(told.includes('WATCHDOG=1'))
  isDeaf = false
  await until(() => told.includes('WATCHDOG=1'), 'then it is')
})

t.test('a watchdog of another process, or none that can be read, is not ours', async (t) => {
  for (const more of [
    { WATCHDOG_USEC: '20000', WATCHDOG_PID: '43' },
    { WATCHDOG_USEC: 'soon' },
    { WATCHDOG_USEC: '0' },
    { WATCHDOG_USEC: '-5' },
  ]) {
    const { supervisor, told } = supervised(t, { NOTIFY_SOCKET: SOCKET, ...more } as Record<string, string>)
    supervisor.ready()
    await new Promise((resolve) => setTimeout(resolve, 60))
    t.notOk(told.includes('WATCHDOG=1'), JSON.stringify(more))
  }
})
