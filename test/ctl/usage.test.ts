// What usage, the glance and --json print, as processes of their own; the answers are a fake daemon's.
import { execFile } from 'node:child_process'
import t from 'tap'
import type { Summary, SummaryParams } from '../../src/contract/usage.ts'
import { isolatedEnv } from '../harness/daemon.ts'
import { CLIENT, tallyctl } from './client.ts'
import { answers, EMPTY, fakeDaemon, figures, MODELS, status, summary } from './fake-daemon.ts'

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
  const { checks: shown } = await json('doctor')
  t.strictSame(shown.slice(0, -2), checks.checks)
  t.match(
    shown.at(-1),
    { level: 'ok', subject: 'service', says: /^not installed[;,] / },
    'which the client adds',
  )
  t.strictSame(await json('rescan'), rescanned)
  t.strictSame(await json('sources'), { sources: [] })
  t.strictSame(await json('call', 'usage.rescan'), rescanned)
  t.strictSame(await json(), {
    today: MODELS,
    month: MODELS,
    all: MODELS,
    quotas: [],
    budgets: [],
    status: status(),
  })
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
