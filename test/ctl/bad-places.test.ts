// Homes and machines as they should not be, with the real tallyctl and daemon: each works, or says what is wrong and what to do.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { callLines } from '../daemon/usage/usage-home.ts'
import { daemon, temporaryFolder, until } from '../harness/daemon.ts'
import { freePort } from '../harness/devices.ts'
import { mounted } from '../harness/disk.ts'
import { BUNDLE, type Ran, started, tallyctl } from './client.ts'
import { settled } from './service/settled.ts'

t.setTimeout(240_000)

/** By XDG's rules, as most have it: no TALLYD_HOME. */
const XDG = { TALLYD_HOME: '' }

function client(t: Test, home: string, env: Readonly<Record<string, string>> = XDG) {
  const run = (...words: string[]): Promise<Ran> =>
    tallyctl(home, words, { program: BUNDLE, env, timeoutMs: 60_000 })
  t.teardown(() => run('stop'))
  return run
}

/** A home at `path` whose logs hold three calls. */
function homeAt(path: string): string {
  mkdirSync(join(path, '.claude/projects/p'), { recursive: true })
  writeFileSync(join(path, '.claude/projects/p/session-a.jsonl'), callLines(1, 3))
  return path
}

/** One sentence on stderr that names `what` and ends with what to do. */
function saysOnce(t: Test, { err }: Ran, what: RegExp, next: RegExp): void {
  t.match(err, what)
  t.match(err, next)
  t.equal(err.trim().split('\n').length, 1, err)
}

t.test('spaces, quotes and other alphabets in the path of the home', async (t) => {
  const home = homeAt(join(temporaryFolder(t), `zoë "q" it's $x`))
  const run = client(t, home)
  t.equal((await run('start')).exit, EXIT.ok)
  t.equal((await run('status', '--wait', '60s')).exit, EXIT.ok)
  t.equal(JSON.parse((await run('usage', 'all', '--json')).out).total.calls, 3)
  const socket = (await run('paths', 'socket')).out.trim()
  t.equal(socket, join(home, '.local/state/tallyd/run/tallyd.sock'), 'and no XDG_RUNTIME_DIR')
  const watching = started(home, ['watch', '--json'], { program: BUNDLE, env: XDG })
  await until(() => watching.out() !== '', 'watch')
  watching.child.kill('SIGINT')
  t.equal((await watching.ended).exit, EXIT.ok)
  t.match((await run('widgets', 'show', 'waybar')).out, /\$/)
  t.equal((await run('doctor')).exit, EXIT.ok)
  t.equal((await run('stop')).exit, EXIT.ok)
})

t.test('the same home with and without XDG_RUNTIME_DIR is one tallyd', async (t) => {
  const home = homeAt(temporaryFolder(t))
  const runtime = join(home, 'r')
  mkdirSync(runtime, { mode: 0o700 })
  const [without, within] = [client(t, home), client(t, home, { ...XDG, XDG_RUNTIME_DIR: runtime })]
  t.equal((await without('start')).exit, EXIT.ok)
  const { pid } = JSON.parse((await without('status', '--json')).out)
  const second = await within('start')
  t.equal(second.exit, EXIT.alreadyRunning)
  saysOnce(
    t,
    second,
    new RegExp(`pid ${pid}, with the same state .* and another XDG_RUNTIME_DIR`),
    /end it: kill/,
  )
  t.equal((await without('stop')).exit, EXIT.ok)
  t.equal((await within('start')).exit, EXIT.ok, 'and once that has ended it starts')
  t.notOk(existsSync(join(home, '.local/state/tallyd/run/tallyd.sock')))
})

t.test('a socket path that is too long', async (t) => {
  const home = homeAt(join(temporaryFolder(t), 'x'.repeat(120)))
  const run = client(t, home)
  for (const words of [['start'], ['start', '--foreground'], ['status'], ['stop'], ['doctor']]) {
    const ran = await run(...words)
    t.not(ran.exit, EXIT.ok, words.join(' '))
    t.match(ran.err, /tallyd\.sock has \d+ bytes/, words.join(' '))
    t.match(ran.err, /TALLYD_HOME/, words.join(' '))
  }
  const short = await client(t, home, { TALLYD_HOME: temporaryFolder(t) })('start')
  t.equal(short.exit, EXIT.ok, 'what it says helps')
})

t.test('what a killed one left: lock, claim, socket', async (t) => {
  const home = homeAt(temporaryFolder(t))
  const run = client(t, home, {})
  const dead = await daemon(t, { home })
  await dead.kill('SIGKILL')
  // And one whose number is in use again, by this very process.
  writeFileSync(join(home, `tallyd.lock.${process.pid}.1-00000000`), '')
  t.ok(existsSync(dead.socket))
  t.match((await run('status')).err, /not running; run: .*tallyctl start/)
  t.equal((await run('start')).exit, EXIT.ok)
  t.equal((await run('status', '--wait', '60s')).exit, EXIT.ok)
})

t.test('a port that is taken: it runs, and doctor names the port and the key', async (t) => {
  const home = homeAt(temporaryFolder(t))
  const run = client(t, home, {})
  const ports = [await freePort(), await freePort()] as const
  for (const port of ports) {
    const server = createServer().listen(port, '127.0.0.1')
    t.teardown(() => server.close())
  }
  const config = { web: { port: ports[0] }, lan: { port: ports[1], address: '127.0.0.1' } }
  writeFileSync(join(home, 'config.json'), JSON.stringify(config))
  t.equal((await run('start')).exit, EXIT.ok)
  saysOnce(t, await run('share', 'always'), new RegExp(`port is taken: ${ports[1]}`), /lan\.port/)
  const { out } = await run('doctor')
  t.match(out, new RegExp(`web .*${ports[0]}[\\s\\S]*web\\.port`))
  t.match(out, new RegExp(`sharing .*${ports[1]}[\\s\\S]*lan\\.port`))
})

t.test('a home that is read-only', async (t) => {
  const disk = mounted(t, 'mode=700')
  if (disk === undefined) {
    t.pass('not run', { skip: 'a read-only disk needs root and mount' })
    return
  }
  const home = homeAt(disk)
  t.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0)
  const run = client(t, home)
  const start = await run('start')
  t.equal(start.exit, EXIT.failed)
  saysOnce(t, start, /\.local.* cannot be made \(EROFS\)/, /TALLYD_HOME/)
  t.match((await run('doctor')).out, /broken +state folder +.* cannot be written \(EROFS\)/)
  const foreground = await run('start', '--foreground')
  t.equal(foreground.exit, EXIT.failed)
  t.match(foreground.err, /EROFS.*TALLYD_HOME/)
  const elsewhere = await client(t, home, { TALLYD_HOME: temporaryFolder(t) })('start')
  t.equal(elsewhere.exit, EXIT.ok, 'what it says helps')
})

t.test('a service where the home is read-only, or there is neither systemd nor launchd', async (t) => {
  const { root, node } = settled(t)
  const program = join(root, 'dist', 'ctl', 'main.js')
  const bare = temporaryFolder(t)
  const without = { ...XDG, PATH: join(bare, 'nothing') }
  for (const words of [
    ['service'],
    ['service', 'install', '--yes'],
    ['service', 'restart'],
    ['service', 'logs'],
  ]) {
    const ran = await tallyctl(bare, words, { program, node, env: without })
    t.equal(ran.exit, EXIT.failed, words.join(' '))
    saysOnce(t, ran, /there is no systemd/, /run .*tallyctl start with your login.*~\/\.profile/)
  }
  t.match(await tallyctl(bare, ['start'], { program, node, env: without }), { exit: EXIT.ok }, 'as it says')
  await tallyctl(bare, ['stop'], { program, node, env: without })

  const disk = mounted(t, 'mode=700')
  if (disk === undefined) {
    t.pass('not run', { skip: 'a read-only disk needs root and mount' })
    return
  }
  const bin = join(disk, 'bin')
  mkdirSync(bin)
  for (const name of ['systemctl', 'systemd-notify', 'loginctl', 'journalctl'])
    writeFileSync(join(bin, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  spawnSync('mount', ['-o', 'remount,ro', disk])
  const env = { ...XDG, PATH: `${bin}:/usr/bin:/bin`, XDG_RUNTIME_DIR: bare, DISPLAY: ':0' }
  const ran = await tallyctl(disk, ['service', 'install', '--yes'], { program, node, env })
  t.equal(ran.exit, EXIT.failed)
  saysOnce(t, ran, /EROFS/, /TALLYD_HOME|writable/)
})
