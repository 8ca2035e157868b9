// What the commands print and how they exit, as processes of their own; the answers are a fake daemon's.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Summary, SummaryParams } from '../../src/contract/usage.ts'
import { width } from '../../src/ctl/terminal/text.ts'
import { isolatedEnv, temporaryFolder, until } from '../harness/daemon.ts'
import { CLIENT, started, tallyctl } from './client.ts'
import { type Answers, fakeDaemon, figures, status, summary } from './fake-daemon.ts'

const MODELS = summary(
  ['model'],
  [
    { model: 'claude-opus-4-5', ...figures(3, 4.2) },
    { model: 'local\x1b[2J-qwen', ...figures(1, null) },
  ],
  { unpriced: [{ agent: 'codex', model: 'local\x1b[2J-qwen', calls: 1, tokens: 1500 }] },
)
const EMPTY = summary(['model'], [])

function answers(value: Summary, more: Answers = {}): Answers {
  return { 'usage.summary': () => value, 'daemon.status': () => status(), ...more }
}

t.test('--json prints the result as it is', async (t) => {
  const checks = {
    checks: [{ level: 'warning', subject: 'config', says: 'no', next: 'do', more: 'from the future' }],
  }
  const rescanned = { rescanned: { files: 1, changed: 0, lines: 0, tookMs: 2 } }
  const { home, calls } = await fakeDaemon(
    t,
    answers(MODELS, {
      'doctor.run': () => checks,
      'usage.rescan': () => rescanned,
      'usage.sources': () => ({ sources: [] }),
    }),
  )
  const json = async (...words: string[]) => {
    const { exit, out, err } = await tallyctl(home, [...words, '--json'])
    t.strictSame([exit, err], [0, ''], words.join(' '))
    return JSON.parse(out)
  }
  t.strictSame(await json('usage', 'all'), MODELS)
  t.strictSame(calls.at(-1), {
    method: 'usage.summary',
    params: { range: 'all', timeZone: 'Europe/Berlin', by: ['model'] } satisfies SummaryParams,
  })
  t.strictSame(await json('status'), status())
  t.strictSame(await json('doctor'), checks)
  t.strictSame(await json('rescan'), rescanned)
  t.strictSame(await json('sources'), { sources: [] })
  t.strictSame(await json('call', 'usage.rescan'), rescanned)
  t.strictSame(await json(), { today: MODELS, month: MODELS, all: MODELS, status: status() })
})

t.test('usage in a pipe: plain, whole, no escape from a name; hints on stderr', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const { exit, out, err } = await tallyctl(home, ['usage'])
  t.equal(exit, 0)
  t.equal(
    out,
    [
      'model              cost   calls   tokens',
      'claude-opus-4-5   $4.20       3     4.5k',
      'local-qwen            –       1     1.5k',
      'total             $4.20       4     6.0k',
      'unpriced   local-qwen: 1 call, 1.5k tokens',
      `to price them: set "prices" in ${home}/config.json`,
      '',
    ].join('\n'),
  )
  t.equal(err, '', 'what belongs to the table is on one stream with it')
  const forced = await tallyctl(home, ['usage'], { env: { FORCE_COLOR: '1' } })
  t.match(forced.out, '\x1b[33munpriced')
  const refused = await tallyctl(home, ['usage'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })
  t.notMatch(refused.out, '\x1b')
})

t.test('an unpriced model stands in the glance as well', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const { out } = await tallyctl(home, [])
  t.match(
    out,
    /^today +\$4\.20 +6\.0k tokens\nthis month .*\never .*\nunpriced {3}local-qwen: 1 call.*\nto price them: /,
  )
})

t.test('every empty state says what to do', async (t) => {
  const { home } = await fakeDaemon(t, answers(EMPTY, { 'usage.sources': () => ({ sources: [] }) }))
  t.equal((await tallyctl(home, ['usage'])).out, 'no calls today\nall history: npx tallyctl usage all\n')
  t.match((await tallyctl(home, ['usage', 'all'])).out, 'where it looked: npx tallyctl sources')
  t.match((await tallyctl(home, ['usage', '--since', '7d'])).out, 'no calls in that range')
  t.match((await tallyctl(home, ['usage', 'yesterday'])).out, 'no calls yesterday')
  t.match((await tallyctl(home, ['usage', '--agent', 'x'])).out, 'no such calls today')
  t.match((await tallyctl(home, [])).err, 'where it looked: npx tallyctl sources')
  t.match((await tallyctl(home, ['sources'])).err, 'set sources.claude-code.roots')
})

t.test('figures that are not complete say so, on stderr', async (t) => {
  const progress = {
    bytesDone: 58,
    bytesTotal: 100,
    filesDone: 1,
    filesTotal: 2,
    startedAt: '2026-11-20T12:00:00Z',
  }
  const reading = () => status({ ready: false, progress, problems: 2 })
  const { home } = await fakeDaemon(t, answers(MODELS, { 'daemon.status': reading }))
  const { err } = await tallyctl(home, ['usage'])
  t.match(err, 'still reading logs (58 %), the totals will grow: npx tallyctl status --wait 60s')
  t.match(err, '2 problems; run: npx tallyctl doctor')
  t.match((await tallyctl(home, ['status'])).out, 'reading logs, 58 %')
})

t.test('exit statuses: one sentence on stderr, nothing on stdout', async (t) => {
  const refusing: Answers = {
    'usage.summary': () => {
      throw {
        code: -32005,
        message: 'no such time zone: Mars/\x1b[31mBase',
        data: { next: 'use an IANA name' },
      }
    },
    'doctor.run': () => ({
      checks: [{ level: 'broken', subject: 'checkpoint', says: 'ENOSPC', next: 'free disk space' }],
    }),
  }
  const { home } = await fakeDaemon(t, refusing)
  const nowhere = temporaryFolder(t)
  const fails = async (at: string, words: string[], exit: number, sentence: string | RegExp) => {
    const ran = await tallyctl(at, words)
    t.equal(ran.exit, exit, words.join(' '))
    t.equal(ran.out, '')
    t.match(ran.err, sentence)
    t.match(ran.err, /^tallyctl: [^\n]+; [^\n]+[^.\n]\n$/)
  }
  for (const words of [[], ['usage'], ['watch'], ['sources'], ['status'], ['rescan']]) {
    await fails(nowhere, words, EXIT.noDaemon, 'tallyctl: tallyd is not running; run: npx tallyctl start\n')
  }
  await fails(nowhere, ['call', 'daemon.status'], EXIT.noDaemon, 'is not running')
  await fails(
    nowhere,
    ['usage', '--nope'],
    EXIT.usage,
    'tallyctl: there is no flag --nope; run: npx tallyctl usage --help',
  )
  const rest = 'use for example 500ms, 60s, 5m or 2h; run: npx tallyctl status --help'
  for (const value of ['5 parsecs', '-1s']) {
    const says = `tallyctl: --wait is ${value}, which is no duration up to 24h; ${rest}\n`
    await fails(nowhere, ['status', '--wait', value], EXIT.usage, says)
  }
  const zone = '--tz is empty; run: npx tallyctl usage --help'
  await fails(nowhere, ['usage', '--tz='], EXIT.usage, zone)
  await fails(
    nowhere,
    ['usage', '--tz', 'x'.repeat(65)],
    EXIT.usage,
    "longer than any zone's name; use an IANA",
  )
  await fails(
    nowhere,
    ['usage', '--since', 'x'],
    EXIT.usage,
    '--since is x, which is no time; use 2026-11-01',
  )
  await fails(nowhere, ['paths', 'scoket'], EXIT.usage, 'there is no path scoket; there are config, ')
  await fails(
    nowhere,
    ['status', '--wait', '80ms'],
    EXIT.timeout,
    'nothing answered in 80 ms; run: npx tallyctl start',
  )
  await fails(nowhere, ['call', 'daemon.status', '{'], EXIT.usage, 'the params are not JSON')
  await fails(nowhere, ['call', 'daemon.status', '[]'], EXIT.usage, 'the params are not a JSON object')
  await fails(
    nowhere,
    ['usage', '--json', '--csv'],
    EXIT.usage,
    '--json and --csv cannot stand together; run: npx tallyctl usage --help',
  )
  await fails(`/tmp/${'x'.repeat(120)}`, ['status'], EXIT.failed, 'set a shorter TALLYD_HOME')
  await fails(
    home,
    ['usage', '--tz', 'Mars'],
    EXIT.usage,
    'tallyctl: no such time zone: Mars/Base; use an IANA name\n',
  )
  await fails(home, ['call', 'no.such'], EXIT.usage, 'no no.such; docs/rpc.md lists every method')
  const doctor = await tallyctl(home, ['doctor'])
  t.equal(doctor.exit, EXIT.failed)
  t.match(doctor.out, /^broken {3}checkpoint {2}ENOSPC\n +free disk space\n$/)
})

t.test('stop where nothing runs gives no advice to start', async (t) => {
  const ran = await tallyctl(temporaryFolder(t), ['stop'])
  t.strictSame(ran, { exit: EXIT.noDaemon, out: '', err: 'tallyctl: tallyd is not running\n' })
})

t.test('doctor without a daemon checks what can be seen from outside', async (t) => {
  const home = temporaryFolder(t)
  const run = async () => {
    const ran = await tallyctl(home, ['doctor'])
    t.equal(ran.exit, EXIT.noDaemon)
    t.equal(ran.err, 'tallyctl: tallyd is not running; run: npx tallyctl start\n')
    return ran.out
  }
  const fresh = await run()
  t.match(fresh, /^ok +run folder +.*, 0700, ours$/m)
  t.match(fresh, /^ok +config +no file/m)
  t.match(fresh, /^ok +claude-code +no logs in .*\.claude\/projects/m)
  mkdirSync(join(home, '.claude/projects'), { recursive: true })
  writeFileSync(join(home, 'config.json'), '{')
  writeFileSync(join(home, 'tallyd.log'), '{"level":60,"msg":"no \\u001b[31mspace left\\n at x"}\n')
  symlinkSync('tallyd.lock.1.1', join(home, 'tallyd.lock'))
  chmodSync(home, 0o750)
  const broken = await run()
  t.match(broken, /^broken +run folder +.* has mode 0750\n +run: chmod 700 /m)
  t.match(broken, /^warning +config +.*config\.json is not JSON/m)
  t.match(broken, /^ok +claude-code +logs in .*\.claude\/projects$/m)
  t.match(broken, /^warning +tallyd +it ended without an orderly stop; its last words: no space left\n/m)
  const { checks } = JSON.parse((await tallyctl(home, ['doctor', '--json'])).out)
  t.match(checks[0], { level: 'broken', subject: 'run folder' })
  const link = join(temporaryFolder(t), 'link')
  symlinkSync(home, link)
  t.match((await tallyctl(link, ['doctor'])).out, /^broken +run folder +.* is a symbolic link\n/m)
})

t.test('start where no folder can be: one sentence at once, and no log is pointed at', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'f')
  writeFileSync(file, '')
  const failing = async (home: string, says: string) => {
    for (const words of [['start'], ['start', '--foreground']]) {
      const ran = await tallyctl(home, words, { timeoutMs: 10_000 })
      t.strictSame(ran, {
        exit: EXIT.failed,
        out: '',
        err: `tallyctl: ${says}; choose another TALLYD_HOME\n`,
      })
    }
  }
  await failing(file, `${file} is a file, not a folder`)
  await failing(join(file, 'below'), `${file} is a file, not a folder`)
  if (process.platform === 'linux') await failing('/proc/tallyd', '/proc/tallyd cannot be made (ENOENT)')
})

t.test('status --wait also waits for a daemon that is not there yet', async (t) => {
  const home = temporaryFolder(t)
  const running = started(home, ['status', '--wait', '10s', '--json'])
  await sleep(300)
  let asked = 0
  await fakeDaemon(t, { 'daemon.status': () => status({ ready: ++asked > 3 }) }, home)
  const { exit, out } = await running.ended
  t.equal(exit, 0)
  t.equal(JSON.parse(out).ready, true)
  t.equal(asked, 4)
})

t.test('status --wait prints the status when the time was not enough', async (t) => {
  const { home } = await fakeDaemon(t, { 'daemon.status': () => status({ ready: false }) })
  const { exit, out } = await tallyctl(home, ['status', '--wait', '150ms', '--json'])
  t.equal(exit, EXIT.timeout)
  t.equal(JSON.parse(out).ready, false)
})

t.test('paths needs no daemon', async (t) => {
  const home = temporaryFolder(t)
  const { exit, out } = await tallyctl(home, ['paths', '--json'])
  t.equal(exit, 0)
  const socket = join(home, 'tallyd.sock')
  t.equal(JSON.parse(out).paths.socket, socket)
  t.strictSame(await tallyctl(home, ['paths', 'socket']), { exit: 0, out: `${socket}\n`, err: '' })
  t.strictSame(JSON.parse((await tallyctl(home, ['paths', 'socket', '--json'])).out), { paths: { socket } })
})

t.test('call reads params from standard input', async (t) => {
  const { home, calls } = await fakeDaemon(t, answers(MODELS))
  const { out } = await tallyctl(home, ['call', 'usage.summary', '-'], { input: '{"range":"week"}' })
  t.strictSame(JSON.parse(out), MODELS)
  t.strictSame(calls, [{ method: 'usage.summary', params: { range: 'week' } }])
})

t.test('a large answer reaches a slow pipe whole, and a closed pipe ends quietly', async (t) => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ model: `model-${index}`, ...figures(1, 1) }))
  const { home } = await fakeDaemon(t, answers(summary(['model'], rows)))
  const { out } = await tallyctl(home, ['usage', '--json'])
  t.equal((JSON.parse(out) as Summary).rows.length, 20_000)
  const code = `{ "${process.execPath}" "${CLIENT}" usage; echo "exit $?" >&2; } | head -n 1`
  const head = await shell(code, isolatedEnv(home))
  t.match(head.out, /^model +cost/)
  t.equal(head.err, 'exit 0\n')
})

function shell(code: string, env: NodeJS.ProcessEnv): Promise<{ out: string; err: string }> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', code], { env }, (_, out, err) => resolve({ out, err }))
  })
}

t.test('watch in a pipe: one plain line a change, one object a line with --json', async (t) => {
  const daemon = await fakeDaemon(t, {
    'events.subscribe': ({ event }) => ({ subscribed: { subscription: 1, event } }),
  })
  const plain = started(daemon.home, ['watch', 'week', '--by', 'model'])
  const json = started(daemon.home, ['watch', '--json'])
  await until(() => daemon.calls.length === 2, 'both subscriptions')
  t.strictSame(
    daemon.calls.map(({ params }) => params).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? 1 : -1)),
    [
      { event: 'usage.changed', params: { range: 'week', timeZone: 'Europe/Berlin', by: ['model'] } },
      { event: 'usage.changed', params: { range: 'today', timeZone: 'Europe/Berlin', by: ['model'] } },
    ],
  )
  daemon.send('usage.changed', MODELS)
  daemon.send('usage.changed', EMPTY)
  await until(
    () => plain.out().split('\n').length === 3 && json.out().split('\n').length === 3,
    'both values',
  )
  const lines = plain.out().split('\n')
  t.match(lines[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {3}\$4\.20 {3}4 calls {3}6\.0k tokens$/)
  t.match(lines[1], /Z {3}– {3}0 calls/)
  t.strictSame(
    json
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [MODELS, EMPTY],
  )
  json.child.kill('SIGINT')
  t.equal((await json.ended).exit, 0)
  await daemon.close()
  const ended = await plain.ended
  t.equal(ended.exit, EXIT.noDaemon)
  t.equal(ended.err, 'tallyctl: tallyd has ended; run: npx tallyctl start\n')
})

const noScript = spawnSync('script', ['--version']).status === 0 ? false : 'no script of util-linux here'

t.test('watch on a small terminal draws no line that wraps', { skip: noScript }, async (t) => {
  const daemon = await fakeDaemon(t, {
    'events.subscribe': ({ event }) => ({ subscribed: { subscription: 1, event } }),
  })
  const rows = Array.from({ length: 20 }, (_, index) => ({
    agent: 'claude-code',
    model: `a-model-with-a-long-name-${index}`,
    ...figures(1, 20 - index),
  }))
  const unpriced = [{ agent: 'codex', model: 'local-model-with-a-long-name', calls: 1, tokens: 400_000 }]
  const small = `stty cols 40 rows 10; exec "${process.execPath}" "${CLIENT}" watch --by agent,model`
  const child = spawn('script', ['-qc', small, '/dev/null'], {
    env: isolatedEnv(daemon.home, { TERM: 'xterm', SHELL: '/bin/sh' }),
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  let drawn = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    drawn += text
  })
  await until(() => daemon.calls.length === 2, 'both subscriptions')
  for (let count = 0; count < 2; count++) {
    daemon.send('usage.changed', summary(['agent', 'model'], rows, { unpriced }))
    await until(() => drawn.split('Ctrl-C').length === count + 2, 'a drawing')
  }
  await daemon.close()
  await ended
  const [first = '', second = ''] = drawn.split('\x1b[J').map((text) => stripVTControlCharacters(text))
  const lines = first.split(/\r?\n/).slice(0, 9)
  for (const line of lines) t.ok(width(line) <= 40, line)
  t.match(lines[0], /^agent +model +cost +calls +tokens$/)
  t.match(lines[1], /^cla.*\$20\.00/, 'the largest row, with the name of its group')
  t.match(lines.join('\n'), /\n… 17 more\ntotal .*\nunpriced .*…\n\nlive/)
  t.equal(second.split(/\r?\n/)[0], lines[0])
  t.match(drawn, '\x1b[9A\r', 'up by as many lines as were drawn')
})

t.test('watch says why a subscription was refused', async (t) => {
  const { home } = await fakeDaemon(t, {})
  const { exit, err } = await tallyctl(home, ['watch'])
  t.equal(exit, EXIT.usage)
  t.match(err, 'tallyctl: no events.subscribe; ')
})
