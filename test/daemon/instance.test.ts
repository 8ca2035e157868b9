// One daemon a home, with real processes: races, kill -9, stale sockets, unsafe folders.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { ERRORS, EXIT } from '../../src/contract/errors.ts'
import { call, DAEMON, daemon, endOf, isolatedEnv, temporaryFolder, until } from '../harness/daemon.ts'
import { mounted } from '../harness/disk.ts'

interface Run {
  readonly pid: number
  readonly code: number | null
  readonly stderr: string
}

/** Starts a daemon and waits for its end. */
async function run(home: string, env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const child = spawn(process.execPath, [DAEMON], {
    env: isolatedEnv(home, env),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const { code } = await endOf(child)
  return { pid: child.pid!, code, stderr }
}

const modeOf = (path: string) => lstatSync(path).mode & 0o777

t.test('the folder is 0700, the socket 0600, and stopping leaves nothing behind', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  const running = await daemon(t, { home })
  t.equal(modeOf(home), 0o700)
  t.equal(modeOf(running.socket), 0o600)
  for (const name of readdirSync(home)) {
    // What is written while it starts is renamed meanwhile.
    const found = lstatSync(join(home, name), { throwIfNoEntry: false })
    if (found !== undefined && !found.isSymbolicLink()) t.equal(found.mode & 0o077, 0, name)
  }
  t.same(await running.kill('SIGTERM'), { code: 0, signal: null })
  t.same(
    readdirSync(home).filter((name) => /sock|lock/.test(name)),
    [],
  )
})

t.test('a second daemon names the first and ends', async (t) => {
  const first = await daemon(t)
  const second = await run(first.home)
  t.equal(second.code, EXIT.alreadyRunning)
  t.match(second.stderr, `pid ${first.pid}`)
  t.match(await first.call('daemon.status'), { pid: first.pid }, 'the first goes on')
})

t.test('eight at once: exactly one serves', async (t) => {
  for (let round = 0; round < 3; round++) {
    const home = temporaryFolder(t)
    // A dead daemon's leavings make it harder: all eight find them at once.
    const dead = await daemon(t, { home })
    await dead.kill('SIGKILL')
    const socket = join(home, 'tallyd.sock')
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, [DAEMON], { env: isolatedEnv(home), stdio: 'ignore' }),
    )
    t.teardown(() => {
      for (const child of children) child.kill('SIGKILL')
    })
    const ends = children.map(async (child) => ({ pid: child.pid, ...(await endOf(child)) }))
    let losers = 0
    for (const end of ends) void end.then(() => losers++)
    await until(() => losers >= 7, 'seven ended', 60_000)
    // Who holds the lock has yet to listen, and the losers only look at the lock.
    let winner: number | undefined
    const served = async () => {
      winner = (await call(socket, 'daemon.status').catch(() => undefined))?.pid
      return winner !== undefined
    }
    await until(served, 'one serves', 60_000)
    t.equal(losers, 7)
    t.ok(
      children.some((child) => child.pid === winner && child.exitCode === null),
      'the one that lives serves',
    )
    const codes = children.filter((child) => child.pid !== winner).map((child) => child.exitCode)
    t.same(codes, Array(7).fill(EXIT.alreadyRunning))
    await call(socket, 'daemon.stop')
    await Promise.all(ends)
  }
})

t.test('after kill -9 the next one serves', async (t) => {
  const home = temporaryFolder(t)
  for (let count = 0; count < 5; count++) {
    const running = await daemon(t, { home })
    t.equal((await running.call('daemon.status')).pid, running.pid)
    t.same(await running.kill('SIGKILL'), { code: null, signal: 'SIGKILL' })
    t.ok(lstatSync(running.socket).isSocket(), 'it left its socket')
  }
})

t.test('a lock of a process number that is in use again', async (t) => {
  const home = temporaryFolder(t)
  // This process lives, but did not start then.
  const claim = `tallyd.lock.${process.pid}.1-00000000`
  writeFileSync(join(home, claim), '')
  symlinkSync(claim, join(home, 'tallyd.lock'))
  const running = await daemon(t, { home })
  t.ok(running.pid)
  t.notOk(lstatSync(join(home, claim), { throwIfNoEntry: false }), 'the dead claim is gone')
})

t.test('a socket that somebody listens on is not taken over', async (t) => {
  const home = temporaryFolder(t)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(home, 'tallyd.sock'), resolve))
  t.teardown(() => server.close())
  const { code, stderr } = await run(home)
  t.equal(code, EXIT.alreadyRunning)
  t.match(stderr, /something listens on .*tallyd\.sock/)
  t.ok(lstatSync(join(home, 'tallyd.sock')).isSocket())
})

t.test('what is not safe is refused, with the fix', async (t) => {
  const folder = temporaryFolder(t)
  const refused = async (home: string, says: RegExp, what: string) => {
    const { code, stderr } = await run(home)
    t.equal(code, EXIT.failed, what)
    t.match(stderr, says, what)
    t.equal(stderr.trim().split('\n').length, 2, 'one sentence and what to do next')
  }
  const open = join(folder, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  await refused(open, /mode 0777\nrun: chmod 700 '.*open'/, 'others may write')

  const shared = join(folder, 'shared')
  mkdirSync(shared, { mode: 0o755 })
  writeFileSync(join(shared, 'photo.jpg'), '')
  await refused(shared, /mode 0755\nrun: chmod 700/, 'others may read what is not ours')
  t.equal(modeOf(shared), 0o755, 'and it is left alone')

  const real = join(folder, 'real')
  mkdirSync(real, { mode: 0o700 })
  symlinkSync(real, join(folder, 'link'))
  await refused(join(folder, 'link'), /symbolic link/, 'a symbolic link')

  writeFileSync(join(folder, 'file'), '')
  await refused(join(folder, 'file'), /is a file, not a folder\nchoose another TALLYD_HOME/, 'a file')
  await refused(join(folder, 'file', 'below'), /file is a file, not a folder/, 'below a file')
  // There mkdir answers ENOENT although the parent exists, and Node's recursive mkdir never ends.
  if (process.platform === 'linux') await refused('/proc/tallyd', /\/proc\/tallyd cannot be made/, '/proc')

  const taken = join(folder, 'taken')
  mkdirSync(taken, { mode: 0o700 })
  writeFileSync(join(taken, 'tallyd.sock'), 'text')
  await refused(taken, /is not a socket\n.*rm '/, 'a file where the socket goes')

  await refused(join(folder, 'x'.repeat(120)), /bytes.*\nset TALLYD_HOME/, 'a path that is too long')
  if (process.getuid?.() === 0) {
    const foreign = join(folder, 'foreign')
    mkdirSync(foreign, { mode: 0o700 })
    const { chownSync } = await import('node:fs')
    chownSync(foreign, 12345, 12345)
    await refused(foreign, /belongs to user 12345/, "another user's folder")
  } else t.pass('not run', { skip: "another user's folder, which only root can make" })
})

t.test('a home that cannot be written ends it with one sentence', async (t) => {
  const home = mounted(t, 'mode=700') ?? temporaryFolder(t)
  writeFileSync(join(home, 'config.json'), '{}')
  const isMount = spawnSync('mount', ['-o', 'remount,ro', home]).status === 0
  if (!isMount) chmodSync(home, 0o500)
  const { code, stderr } = await run(home)
  t.equal(code, ERRORS.stateUnwritable.exit)
  const [says = '', next = '', ...more] = stderr.trim().split('\n')
  t.match(says, new RegExp(`cannot be written: ${home} \\((EROFS|EACCES)\\)`), 'the folder, not a file in it')
  t.match(next, new RegExp(`${home}.*TALLYD_HOME`), 'what to do next')
  t.same(more, [])
  const below = await run(join(home, 'below'))
  t.equal(below.code, ERRORS.stateUnwritable.exit)
  t.match(below.stderr, /below cannot be made \((EROFS|EACCES)\)\nchoose another TALLYD_HOME/)
})

t.test('a folder with nothing but our own files is closed to others', async (t) => {
  const home = join(temporaryFolder(t), 'home')
  mkdirSync(home, { mode: 0o755 })
  chmodSync(home, 0o755)
  writeFileSync(join(home, 'config.json'), '{}')
  await daemon(t, { home })
  t.equal(modeOf(home), 0o700)
})

t.test('the longest path that fits is used whole', async (t) => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'y'.repeat(107 - folder.length - '/'.length - '/tallyd.sock'.length))
  const running = await daemon(t, { home })
  t.equal(Buffer.byteLength(running.socket), 107)
  t.ok(lstatSync(running.socket).isSocket())
})

t.test('XDG folders', async (t) => {
  const home = temporaryFolder(t)
  const runtime = join(home, 'r')
  mkdirSync(runtime, { mode: 0o700 })
  const env = { TALLYD_HOME: '', XDG_RUNTIME_DIR: runtime }
  const child = spawn(process.execPath, [DAEMON], { env: isolatedEnv(home, env), stdio: 'ignore' })
  const ended = endOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const socket = join(runtime, 'tallyd', 'tallyd.sock')
  await until(
    () =>
      call(socket, 'daemon.hello').then(
        () => true,
        () => false,
      ),
    'it answers',
  )
  t.equal(modeOf(join(runtime, 'tallyd')), 0o700)
  t.equal(modeOf(join(home, '.local/state/tallyd')), 0o700)
})
