// The main commands against a real daemon: started, asked, watched and stopped by the bundled client.
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { pathsOf } from '../../src/contract/paths.ts'
import { foreground } from '../../src/ctl/commands/foreground.ts'
import { parse } from '../../src/ctl/commands/parse.ts'
import { startDetached } from '../../src/ctl/commands/start.ts'
import { ownDaemon } from '../../src/ctl/connection/control-socket.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { daemon, isolatedEnv, type Teardown, temporaryFolder, until } from '../harness/daemon.ts'
import { BUNDLE, type Options, started, tallyctl } from './client.ts'

const BUNDLED: Options = { program: BUNDLE }
const LOG = '.claude/projects/-home-a-project/0f2c.jsonl'

/** A home with one session of `calls` calls, each of 100 input and 50 output tokens. */
function homeWithLogs(t: Teardown, calls: number): string {
  const home = temporaryFolder(t)
  mkdirSync(join(home, LOG, '..'), { recursive: true })
  writeFileSync(join(home, LOG), Array.from({ length: calls }, (_, index) => line(index)).join(''))
  return home
}

function line(index: number): string {
  return `${JSON.stringify({
    type: 'assistant',
    timestamp: new Date().toISOString(),
    sessionId: '0f2c',
    requestId: `req_${index}`,
    message: {
      id: `msg_${index}`,
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [],
      usage: { input_tokens: 100, output_tokens: 50 },
    },
  })}\n`
}

/** Gone, or ended and not yet waited for by its parent, which in some containers nobody ever does. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return true
  }
  return process.platform === 'linux' && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
}

t.test('start, wait, ask, stop', async (t) => {
  const home = homeWithLogs(t, 3)
  const run = (...words: string[]) => tallyctl(home, words, BUNDLED)
  t.teardown(() => run('stop'))
  const start = await run('start')
  const pid = Number(/^tallyd has started \(pid (\d+)\)\n$/.exec(start.out)?.[1])
  t.equal(start.exit, 0, start.err)
  t.equal(statSync(join(home, 'tallyd.log')).mode & 0o777, 0o600)
  const again = await run('start')
  t.strictSame(again, { exit: 0, out: `tallyd is running already (pid ${pid})\n`, err: '' })
  const waited = await run('status', '--wait', '60s', '--json')
  t.equal(waited.exit, 0)
  const { ready, pid: same, device, listeners, index, version } = JSON.parse(waited.out)
  t.match(
    { ready, same, id: typeof device.id, path: listeners.control.path },
    { ready: true, same: pid, id: 'string', path: join(home, 'tallyd.sock') },
  )
  t.match(
    { ...index, version },
    { files: 1, lines: 3, rejected: 0, tookMs: Number, bytes: Number, version: String },
  )
  const summary = JSON.parse((await run('usage', 'all', '--by', 'agent,model', '--json')).out)
  t.match(summary.rows, [
    { agent: 'claude-code', model: 'claude-sonnet-4-5', calls: 3, tokens: { input: 300, output: 150 } },
  ])
  t.match((await run('usage')).out, /^claude-sonnet-4-5 +<?\$0\.\d\d +3 +450$/m)
  t.match((await run()).out, /^today .*\nthis month .*\never /)
  t.match((await run('sources')).out, /^claude-code {3}1 file {3}.* 3 lines/)
  t.match((await run('paths')).out, join(home, 'tallyd.sock'))
  t.equal((await run('doctor')).exit, 0)
  appendFileSync(join(home, LOG), line(3))
  t.equal((await run('rescan')).exit, 0)
  t.equal(JSON.parse((await run('usage', 'all', '--json')).out).total.calls, 4)
  t.equal((await run('usage', '--tz', 'Mars/Base')).exit, EXIT.usage)
  t.equal((await run('call', 'daemon.nothing')).exit, EXIT.usage)
  t.strictSame(await run('stop'), { exit: 0, out: `tallyd has stopped (pid ${pid})\n`, err: '' })
  t.ok(isGone(pid), 'the process is gone when stop returns')
  t.equal((await run('stop')).exit, EXIT.noDaemon)
})

t.test('watch hears of a line that is appended', async (t) => {
  const home = homeWithLogs(t, 1)
  const running = await daemon(t, { home })
  await until(async () => (await running.call('daemon.status')).ready, 'ready')
  const watching = started(home, ['watch'], BUNDLED)
  await until(() => watching.out().includes(' 1 call '), 'the first value')
  appendFileSync(join(home, LOG), line(1))
  await until(() => watching.out().includes(' 2 calls '), 'the new value')
  await running.stop()
  const { exit, err } = await watching.ended
  t.equal(exit, EXIT.noDaemon)
  t.match(err, 'tallyd has ended')
})

t.test('start --foreground: usage, what to try next, and Ctrl-C ends it', async (t) => {
  const home = homeWithLogs(t, 2)
  const running = started(home, ['start', '--foreground'], BUNDLED)
  t.teardown(() => running.child.kill('SIGTERM'))
  await until(() => running.err().includes('Ctrl-C ends it'), 'the next steps')
  t.match(running.out(), /^today .*300 tokens\nthis month .*\never .*\n\nmodel .*\nclaude-sonnet-4-5 /)
  t.match(running.err(), `export TALLYD_HOME=${home}\n  npx tallyctl usage week `)
  const beside = await tallyctl(home, ['start', '--foreground'], BUNDLED)
  t.equal(beside.exit, 0)
  t.match(beside.err, 'tallyd is running already')
  t.match(beside.out, 'claude-sonnet-4-5')
  running.child.kill('SIGINT')
  const ended = await running.ended
  t.equal(ended.exit, 0)
  t.match(ended.err, /\ntallyd has stopped; everything counted is kept\n$/)
  t.equal((await tallyctl(home, ['status'], BUNDLED)).exit, EXIT.noDaemon)
})

t.test('start --foreground without logs says where it looked, and offers the demo', async (t) => {
  const home = temporaryFolder(t)
  const running = started(home, ['start', '--foreground'], BUNDLED)
  t.teardown(() => running.child.kill('SIGTERM'))
  await until(() => running.err().includes('Ctrl-C ends it'), 'the next steps')
  t.match(running.out(), 'no logs found. it looked at\nclaude-code\n')
  t.match(running.out(), join(home, '.claude/projects'))
  t.match(running.err(), 'npm start -- --demo')
  t.notMatch(running.err(), /problem/, 'which is said already, and no problem')
  t.match(JSON.parse((await tallyctl(home, ['status', '--json'], BUNDLED)).out), { problems: 0 })
  const { checks } = JSON.parse((await tallyctl(home, ['doctor', '--json'], BUNDLED)).out)
  const about = checks.find(({ subject }: { subject: string }) => subject === 'sources')
  t.match(about, { level: 'ok', code: 'sourcesMissing', next: /use a coding agent/ }, 'doctor has the hint')
  running.child.kill('SIGTERM')
  t.equal((await running.ended).exit, 0)
})

t.test('start --foreground, stopped from a second terminal', async (t) => {
  const home = homeWithLogs(t, 2)
  const running = started(home, ['start', '--foreground'], BUNDLED)
  t.teardown(() => running.child.kill('SIGTERM'))
  await until(() => running.err().includes('Ctrl-C ends it'), 'the next steps')
  t.equal((await tallyctl(home, ['stop'], BUNDLED)).exit, 0)
  const { exit, err } = await running.ended
  t.equal(exit, 0)
  t.match(err, /\ntallyd has stopped; everything counted is kept\n$/)
})

t.test('Ctrl-C at any moment of start --foreground exits with 0', async (t) => {
  for (const ms of [60, 120, 200, 400]) {
    const running = started(homeWithLogs(t, 1), ['start', '--foreground'], BUNDLED)
    await until(() => running.child.pid !== undefined, 'it runs')
    await sleep(ms)
    running.child.kill('SIGINT')
    const { exit, signal, err } = await running.ended
    // Before it listens for signals, the shell says the same of any program.
    t.ok(exit === 0 || signal === 'SIGINT', `after ${ms} ms: ${exit} ${signal} ${err}`)
  }
})

t.test('Ctrl-C while start --foreground makes the daemon ends both', async (t) => {
  const home = homeWithLogs(t, 1)
  const hook = join(home, 'interrupted-spawn.cjs')
  const pidFile = join(home, 'child-pid')
  writeFileSync(
    hook,
    `delete process.env.NODE_OPTIONS
const processes = require('node:child_process')
const { spawn } = processes
processes.spawn = (...words) => {
  const child = spawn(...words)
  require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid))
  process.kill(process.pid, 'SIGINT')
  return child
}
require('node:module').syncBuiltinESMExports()
`,
  )
  const running = started(home, ['start', '--foreground'], {
    ...BUNDLED,
    env: { NODE_OPTIONS: `--require ${hook}` },
  })
  const { exit, signal, err } = await running.ended
  t.strictSame({ exit, signal }, { exit: 0, signal: undefined }, err)
  t.ok(isGone(Number(readFileSync(pidFile, 'utf8'))), 'the daemon has ended')
})

t.test('start says what the doctor finds in a broken config', async (t) => {
  const home = homeWithLogs(t, 1)
  writeFileSync(join(home, 'config.json'), '{"sorces":{}}')
  t.teardown(() => tallyctl(home, ['stop'], BUNDLED))
  const { exit, err } = await tallyctl(home, ['start'], BUNDLED)
  t.equal(exit, 0)
  t.match(err, /^1 problem; run: npx tallyctl doctor\n/)
  await tallyctl(home, ['stop'], BUNDLED)
  const running = started(home, ['start', '--foreground'], BUNDLED)
  t.teardown(() => running.child.kill('SIGTERM'))
  await until(() => running.err().includes('Ctrl-C ends it'), 'the next steps')
  t.match(running.err(), '1 problem; run: npx tallyctl doctor')
  running.child.kill('SIGINT')
  await running.ended
})

t.test('a daemon that never answers is given up, ended, and its log named', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'daemon'))
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
  const pidFile = join(folder, 'pid')
  const silent = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`
  writeFileSync(join(folder, 'daemon', 'main.js'), silent)
  const program = join(folder, 'ctl', 'main.js')
  const env = isolatedEnv(folder)
  const paths = pathsOf({ env, home: folder, platform: process.platform })
  const at = { env, paths, daemon: ownDaemon(paths), program, screen: new Screen(env, program) }
  // Long enough for it to have begun, on a machine that has much else to do.
  const patienceMs = 5_000
  const complaintOf = (act: Promise<unknown>) => act.then(String, (error: Error) => error)
  const detached = await complaintOf(startDetached(at, patienceMs))
  t.match(detached, {
    error: 'timedOut',
    message: /tallyd did not answer in 5\.0 s/,
    next: `its log is ${paths.log}`,
  })
  await until(() => isGone(Number(readFileSync(pidFile, 'utf8'))), 'it was ended')
  const attached = await complaintOf(foreground(parse(['start', '--foreground']), at, patienceMs))
  t.match(attached, { error: 'timedOut', next: /its log stands above/ })
  await until(() => isGone(Number(readFileSync(pidFile, 'utf8'))), 'it was ended')
})

t.test('a daemon that cannot start says why, once', async (t) => {
  const home = temporaryFolder(t)
  writeFileSync(join(home, 'config.json'), '{"sources":{"claude-cod":{}}}')
  mkdirSync(join(home, 'tallyd.sock'))
  const { exit, out, err } = await tallyctl(home, ['start'], BUNDLED)
  t.not(exit, 0)
  t.equal(out, '')
  t.match(err, /^tallyctl: [^\n]+; [^\n]+\n$/)
  t.type(readFileSync(join(home, 'tallyd.log'), 'utf8'), 'string')
})
