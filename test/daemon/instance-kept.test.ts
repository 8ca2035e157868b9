// A home that is removed under a running daemon: it comes back, safely, unless another daemon has taken over.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { pathsOf } from '../../src/contract/paths.ts'
import { claimInstance, keepInstance } from '../../src/daemon/instance.ts'
import { listenControl } from '../../src/daemon/listeners/control.ts'
import { createLog } from '../../src/daemon/store/log.ts'
import {
  call,
  type Daemon,
  daemon,
  endOf,
  isolatedEnv,
  post,
  type Teardown,
  temporaryFolder,
  until,
} from '../harness/daemon.ts'
import { webSocket } from '../harness/web-socket.ts'
import { callLines } from './usage/usage-home.ts'

t.setTimeout(180_000)

const modeOf = (path: string) => lstatSync(path).mode & 0o777
const locksIn = (home: string) => readdirSync(home).filter((name) => /sock|lock/.test(name))

/** The home lies below, so that its parent can be removed too. */
async function started(t: Teardown): Promise<Daemon> {
  const folder = temporaryFolder(t)
  const home = join(folder, 'home')
  const running = await daemon(t, { home, env: { HOME: folder } })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  return running
}

const reachable = (running: Daemon) =>
  call(running.socket, 'daemon.status').then(
    ({ pid }) => pid === running.pid,
    () => false,
  )

t.test('a home that is removed comes back, every time', async (t) => {
  const running = await started(t)
  const client = await webSocket(t, running.socket)
  for (const round of [1, 2]) {
    rmSync(running.home, { recursive: true })
    await until(() => reachable(running), `it is back (${round})`)
    t.equal(modeOf(running.home), 0o700)
    t.equal(modeOf(running.socket), 0o600)
    t.match(locksIn(running.home), { length: 3 }, 'the lock, its claim and the socket')
  }
  t.match(await client.ask('daemon.status'), { result: { pid: running.pid } }, 'open connections stay')
  const { checks } = await running.call('doctor.run')
  t.match(
    checks.find(({ subject }) => subject === 'control socket'),
    // How long it took is the machine's matter.
    { says: /^0600 in 0700, / },
  )
  const incident = checks.find(({ subject }) => subject === 'incident')
  t.match(incident, { level: 'warning', next: /tallyctl stop/ })
  t.match(incident?.says, `${running.home} was removed while tallyd ran, and was made again (2 times`)
  await until(() => existsSync(join(running.home, 'incidents.json')), 'state files are written again')
  const late = await webSocket(t, running.socket)
  t.same(await running.kill(), { code: 0, signal: null })
  t.equal(await late.closed, 1001, 'connections of the new socket are told')
  t.same(locksIn(running.home), [])
})

t.test('only the socket, only the lock', async (t) => {
  const running = await started(t)
  rmSync(running.socket)
  await until(() => reachable(running), 'the socket is back')
  for (const name of locksIn(running.home)) if (name.includes('lock')) rmSync(join(running.home, name))
  await until(() => locksIn(running.home).length === 3, 'the lock is back')
  t.ok(await reachable(running))
  await running.stop()
})

t.test('whoever took over stays, and the one before ends', async (t) => {
  const first = await started(t)
  const client = await webSocket(t, first.socket)
  // It knows something that it would write when it stops.
  const folder = join(dirname(first.home), '.claude/projects/p')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'session-a.jsonl'), callLines(1, 3))
  await client.ask('usage.rescan')
  t.match(await client.ask('usage.summary', { range: 'all' }), { result: { total: { calls: 3 } } })
  const ended = first.kill('SIGSTOP')
  rmSync(first.home, { recursive: true })
  const second = await daemon(t, { home: first.home, env: { HOME: temporaryFolder(t) } })
  await until(async () => (await second.call('daemon.status')).ready, 'ready')
  // Then the first one's next look is overdue, and what the second writes after its start is written.
  await sleep(11_000)
  const files = () => readdirSync(second.home).map((name) => [name, lstatSync(join(second.home, name)).ino])
  const before = files()
  process.kill(first.pid, 'SIGCONT')
  t.same(await ended, { code: 0, signal: null }, 'it ends by itself')
  t.match(first.log(), /another tallyd has taken over/)
  t.ok(await reachable(second))
  t.match(locksIn(second.home), { length: 3 })
  t.same(files(), before, 'it wrote and removed nothing there')
  await second.stop()
})

/** The keeper in this process, looking every 20 ms. */
async function kept(t: Teardown, home: string) {
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: 'linux' })
  const log = createLog('off')
  const lock = await claimInstance(paths)
  const listener = await listenControl({
    path: paths.socket,
    dispatcher: { answer: async () => '{"jsonrpc":"2.0","id":1,"result":1}' },
    feeds: { open: () => () => undefined, close: () => undefined },
    log,
    loaded: async () => undefined,
    metrics: async () => '',
  })
  const told: string[] = []
  const incidents = {
    record: ({ says }: { says: string }) => void told.push(says),
    flush: async () => undefined,
  }
  let lost = 0
  const keeper = keepInstance({ paths, lock, listener, incidents, log, lost: () => void lost++, lookMs: 20 })
  t.teardown(async () => {
    await keeper.stop()
    await listener.close()
    lock.release()
  })
  return { paths, told, lost: () => lost }
}

t.test('what cannot be made again is told once, and made as soon as it can be', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  const { paths, told, lost } = await kept(t, home)
  rmSync(home, { recursive: true })
  writeFileSync(home, 'in the way')
  await until(() => told.length > 0, 'it is told')
  await sleep(200)
  t.match(told, [/home\/tallyd\.lock was removed .* cannot be made again: .*home is a file, not a folder/])
  rmSync(home)
  await until(() => existsSync(paths.socket), 'the socket is back')
  t.match(told, { length: 2, 1: /was made again/ })
  rmSync(home, { recursive: true })
  mkdirSync(home, { mode: 0o777 })
  writeFileSync(paths.socket, 'a file where the socket goes')
  await until(() => told.length > 2, 'it is told')
  t.match(told[2], /is not a socket/)
  t.ok(lstatSync(paths.socket).isFile(), 'what is not ours is not removed')
  t.equal(lost(), 0)
})

t.test('the lock of the state comes back with its folder', async (t) => {
  const home = temporaryFolder(t)
  const runtime = join(home, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  const paths = pathsOf({ env: { XDG_RUNTIME_DIR: runtime }, home, platform: 'linux' })
  t.not(paths.lock, paths.stateLock)
  const isHeld = () => lstatSync(paths.stateLock, { throwIfNoEntry: false })?.isSymbolicLink() === true
  const lock = await claimInstance(paths)
  t.teardown(() => lock.release())
  t.ok(isHeld())
  rmSync(paths.state, { recursive: true })
  await lock.keepState()
  t.notOk(existsSync(paths.state), 'nothing is made where the folder is gone')
  mkdirSync(paths.state, { recursive: true, mode: 0o700 })
  await lock.keepState()
  t.ok(isHeld())
  const other = spawn('sleep', ['60'])
  t.teardown(() => other.kill('SIGKILL'))
  const { startOf } = await import('../../src/contract/process.ts')
  for (const name of readdirSync(paths.state)) rmSync(join(paths.state, name))
  const claim = `tallyd.lock.${other.pid}.${startOf(other.pid!)}`
  writeFileSync(join(paths.state, claim), '')
  symlinkSync(claim, paths.stateLock)
  await t.rejects(lock.keepState(), { name: 'TallyError', message: /already/ }, 'somebody else has it')
})

t.test('who only waits for the lock has not taken over', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  const { paths, told, lost } = await kept(t, home)
  const other = spawn('sleep', ['60'])
  t.teardown(() => other.kill('SIGKILL'))
  const { startOf } = await import('../../src/contract/process.ts')
  rmSync(home, { recursive: true })
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, `tallyd.lock.${other.pid}.${startOf(other.pid!)}`), '')
  await until(() => told.length > 0, 'it waits, and tells')
  t.equal(lost(), 0)
  other.kill('SIGKILL')
  await until(() => existsSync(paths.socket), 'then it is back')
})

t.test('whatever is removed and started at the same time, one serves in the end', async (t) => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'home')
  const program = fileURLToPath(new URL('keeping-process.js', import.meta.url))
  const living = new Set<ChildProcess>()
  t.teardown(() => {
    for (const child of living) child.kill('SIGKILL')
  })
  const begin = () => {
    const child = spawn(process.execPath, [program, home, '15'], {
      env: isolatedEnv(folder),
      stdio: 'inherit',
    })
    living.add(child)
    void endOf(child).then(() => living.delete(child))
  }
  for (let round = 0; round < 12; round++) {
    begin()
    begin()
    await sleep(100 + Math.random() * 300)
    rmSync(home, { recursive: true, force: true, maxRetries: 10 })
  }
  await until(() => living.size === 1, 'one lives', 30_000)
  await sleep(300)
  t.equal(living.size, 1)
  const [winner] = living
  const asked = () =>
    post(join(home, 'tallyd.sock'), '{}').then(
      ({ body }) => JSON.parse(body).result,
      () => undefined,
    )
  await until(async () => (await asked()) === winner?.pid, 'and serves')
  t.match(locksIn(home), { length: 3 })
})
