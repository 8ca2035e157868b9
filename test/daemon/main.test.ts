// The command tallyd: flags, signals, and how it ends.
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import {
  call,
  DAEMON,
  daemon,
  endOf,
  isolatedEnv,
  ROOT,
  type Teardown,
  temporaryFolder,
  until,
} from '../harness/daemon.ts'
import { mounted, smallDisk } from '../harness/disk.ts'
import { webSocket } from '../harness/web-socket.ts'
import { callLines } from './usage/usage-home.ts'

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** A home whose logs hold three calls. */
function homeWithLogs(t: Teardown): string {
  const home = temporaryFolder(t)
  mkdirSync(join(home, '.claude/projects/p'), { recursive: true })
  writeFileSync(join(home, '.claude/projects/p/session-a.jsonl'), callLines(1, 3))
  return home
}

t.test('--version and --help', async (t) => {
  const home = join(temporaryFolder(t), 'none')
  const run = (...words: string[]) => spawnSync(DAEMON, words, { encoding: 'utf8', env: isolatedEnv(home) })
  t.match(run('--version'), { status: 0, stdout: `${version}\n`, stderr: '' })
  t.match(run('--help'), { status: 0, stdout: /usage: tallyd/, stderr: '' })
  t.match(run('--demno'), { status: 2, stdout: '', stderr: /--demno\nrun: tallyd --help\n/ })
  t.throws(() => readdirSync(home), { code: 'ENOENT' }, 'nothing was made')
})

t.test('SIGTERM, SIGINT and daemon.stop end it cleanly', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const running = await daemon(t)
    t.same(await running.kill(signal), { code: 0, signal: null }, signal)
    t.same(
      readdirSync(running.home).filter((name) => /sock|lock/.test(name)),
      [],
    )
  }
  const running = await daemon(t)
  const client = await webSocket(t, running.socket)
  await client.ask('events.subscribe', { event: 'status.changed' })
  t.same(
    await running.call('daemon.stop'),
    { stopped: { pid: running.pid } },
    'the answer comes before the end',
  )
  t.equal(await client.closed, 1001)
  // Not another signal: a second one ends a daemon that is stopping at once.
  t.same(await running.ended, { code: 0, signal: null })
})

t.test('a connection that hangs does not hold the stop', async (t) => {
  const running = await daemon(t)
  const { connect } = await import('node:net')
  const socket = connect(running.socket)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: 10\r\n\r\n')
  await sleep(50)
  const began = Date.now()
  t.same(await running.kill(), { code: 0, signal: null })
  t.ok(Date.now() - began < 5_000)
})

t.test('a second signal ends it at once', async (t) => {
  const running = await daemon(t)
  const { connect } = await import('node:net')
  const socket = connect(running.socket)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Length: 10\r\n\r\n')
  await sleep(50)
  const ended = running.kill('SIGTERM')
  await sleep(100)
  const began = Date.now()
  process.kill(running.pid, 'SIGTERM')
  t.match(await ended, { code: 1 })
  t.ok(Date.now() - began < 1_000)
})

t.test('status, paths and names', async (t) => {
  const running = await daemon(t)
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  t.match(await running.call('daemon.status'), {
    version,
    pid: running.pid,
    device: { id: /^[0-9a-f]{64}$/, name: String },
    listeners: { control: { path: running.socket } },
    problems: 0,
  })
  const { paths } = await running.call('daemon.paths')
  t.match(paths, { socket: running.socket, state: running.home, config: join(running.home, 'config.json') })
  t.ok(
    Object.keys(paths).some((key) => key.startsWith('logs.claude-code.')),
    'the log folders are among them',
  )
})

t.test('the log is JSON lines and says when it answers', async (t) => {
  const home = temporaryFolder(t)
  const env = isolatedEnv(home, { TALLYD_LOG: 'info' })
  const child = spawn(process.execPath, [DAEMON], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = endOf(child)
  let out = ''
  let log = ''
  child.stdout.on('data', (text) => {
    out += String(text)
  })
  child.stderr.on('data', (text) => {
    log += String(text)
  })
  await until(() => log.includes('answers on'), 'the line')
  child.kill()
  await ended
  t.equal(out, '', 'stdout is not for logs')
  for (const line of log.trim().split('\n'))
    t.match(JSON.parse(line), { level: Number, time: String, msg: String })
})

t.test('a log that cannot be written does not end it', async (t) => {
  if (!existsSync('/dev/full')) {
    t.pass('not run', { skip: 'there is no /dev/full here' })
    return
  }
  const home = temporaryFolder(t)
  const full = openSync('/dev/full', 'w')
  const env = isolatedEnv(home, { TALLYD_LOG: 'debug' })
  const child = spawn(process.execPath, [DAEMON], { env, stdio: ['ignore', 'ignore', full] })
  closeSync(full)
  const ended = endOf(child)
  t.teardown(() => child.kill('SIGKILL'))
  const socket = join(home, 'tallyd.sock')
  await until(
    () =>
      call(socket, 'daemon.status').then(
        ({ ready }) => ready,
        () => false,
      ),
    'it answers',
  )
  await sleep(200)
  await call(socket, 'daemon.stop')
  t.same(await ended, { code: 0, signal: null })
})

t.test('a full disk under its home', async (t) => {
  const home = smallDisk(t, 'size=64k,mode=700')
  if (home === undefined) return
  writeFileSync(join(home, 'config.json'), '{"sorces":1}')
  t.throws(() => writeFileSync(join(home, 'tallyd.log'), Buffer.alloc(100_000)), { code: 'ENOSPC' })
  const running = await daemon(t, { home, env: { HOME: temporaryFolder(t) } })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  const { checks } = await running.call('doctor.run')
  t.match(
    checks.find(({ subject }) => subject === 'incidents'),
    { level: 'warning', says: /ENOSPC/ },
  )
  t.match(
    checks.find(({ subject }) => subject === 'config'),
    { level: 'warning', says: /sorces/ },
    'memory keeps what the disk refused',
  )
  t.match(await running.kill(), { signal: null })
  t.same(
    readdirSync(home).filter((name) => /sock|lock/.test(name)),
    [],
  )
})

t.test('state files that cannot be written', async (t) => {
  const home = homeWithLogs(t)
  for (const name of ['checkpoint.bin', 'checkpoint.previous.bin', 'incidents.json', 'tallyd.log']) {
    mkdirSync(join(home, name))
    writeFileSync(join(home, name, 'something'), '')
  }
  const running = await daemon(t, { home })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  t.equal((await running.call('usage.summary', { range: 'all' })).total.calls, 3, 'the numbers stand')
  const told = async (subject: string, says: RegExp) =>
    (await running.call('doctor.run')).checks.some((each) => each.subject === subject && says.test(each.says))
  await until(() => told('incidents', /incidents\.json cannot be written \(EISDIR/), 'doctor: incidents')
  await until(() => told('incident', /checkpoint/), 'doctor: checkpoint', 60_000)
  t.match(await running.kill(), { signal: null })
  const kept = readdirSync(home).filter((name) => existsSync(join(home, name, 'something')))
  t.equal(kept.length, 4, 'what lay there is kept, if under another name')
})

t.test('a state folder that is read-only, and a runtime folder that is not', async (t) => {
  const home = homeWithLogs(t)
  const state = mounted(t, 'mode=700') ?? temporaryFolder(t)
  mkdirSync(join(state, 'tallyd'), { mode: 0o700 })
  if (spawnSync('mount', ['-o', 'remount,ro', state]).status !== 0) chmodSync(join(state, 'tallyd'), 0o500)
  const more = { TALLYD_HOME: '', XDG_RUNTIME_DIR: home, XDG_STATE_HOME: state }
  const child = spawn(process.execPath, [DAEMON], { env: isolatedEnv(home, more), stdio: 'ignore' })
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const socket = join(home, 'tallyd', 'tallyd.sock')
  const ready = () =>
    call(socket, 'daemon.status').then(
      (status) => status.ready,
      () => false,
    )
  await until(ready, 'ready')
  t.equal((await call(socket, 'usage.summary', { range: 'all' })).total.calls, 3, 'the numbers stand')
  const unwritten = async () => {
    const { checks } = await call(socket, 'doctor.run')
    return checks.find(({ subject }) => subject === 'incidents' || subject === 'incident')
  }
  await until(async () => (await unwritten())?.level === 'warning', 'doctor says it', 60_000)
  t.match((await unwritten())?.says, /(could not|cannot) be written \((EROFS|EACCES)/)
  child.kill()
  t.match(await ended, { signal: null })
})

t.test('an uncaught exception is logged and ends it', async (t) => {
  const home = temporaryFolder(t)
  // A handler of the daemon's own cannot be made to throw from outside; a module that is loaded before it plants one that does.
  const plant = '--import=data:text/javascript,setTimeout(()=>{throw(new(Error)(`planted`))},800)'
  const ran = spawnSync(process.execPath, [plant, DAEMON], {
    env: isolatedEnv(home),
    encoding: 'utf8',
    timeout: 20_000,
  })
  t.equal(ran.status, 1)
  t.match(
    ran.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .at(-1),
    { level: 60, msg: /planted/ },
  )
})
