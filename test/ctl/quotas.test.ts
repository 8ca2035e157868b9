// `tallyctl quotas` and `tallyctl statusline`: what is shown of windows, and what is taken from what Claude Code tells.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { toldIn } from '../../src/ctl/commands/statusline.ts'
import { resetWords, windowWords } from '../../src/ctl/terminal/window-words.ts'
import { temporaryFolder, until } from '../harness/daemon.ts'
import { tallyctl } from './client.ts'
import { answers, fakeDaemon, figures, MODELS, summary } from './fake-daemon.ts'

const HOUR = 3_600_000
const soon = new Date(Date.now() + 2 * HOUR).toISOString()
const QUOTA = {
  agent: 'claude-code',
  account: null,
  kind: 'session',
  label: '5 h',
  windowSeconds: 18_000,
  usedPercent: 62.6,
  resetAt: soon,
  observedAt: new Date(Date.now() - 2 * 60_000).toISOString(),
  device: 'desk',
} as const
const UNKNOWN = {
  ...QUOTA,
  agent: 'codex\u001b[2J',
  label: 'week',
  usedPercent: null,
  resetAt: null,
  device: 'laptop',
}

const INPUT = {
  session_id: 's',
  cwd: '/home/ann/secret',
  model: { display_name: 'Opus' },
  cost: { total_cost_usd: 1.2 },
  rate_limits: {
    five_hour: { used_percentage: 42.7, resets_at: 1_786_099_200 },
    seven_day: { used_percentage: 63.1, resets_at: 1_786_608_000 },
    thirty_day: { used_percentage: 1, resets_at: 1_786_608_000 },
  },
}

t.test('quotas: a line a window', async (t) => {
  const { home } = await fakeDaemon(
    t,
    answers(MODELS, { 'quotas.list': () => ({ quotas: [QUOTA, UNKNOWN] }) }),
  )
  const { exit, out } = await tallyctl(home, ['quotas'])
  t.equal(exit, 0)
  const [head, first, second] = out.split('\n')
  t.match(head, /^agent +window +used +resets +observed$/)
  t.match(first, /^claude-code +5 h +62 % +\d\d:\d\d +2 min ago, desk$/)
  t.match(second, /^codex +week +unknown +reset since +2 min ago, laptop$/)
})

t.test('quotas: none yet says how there come to be some', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  t.match(await tallyctl(home, ['quotas']), {
    exit: 0,
    out: 'no quotas observed yet\n',
    err: /tallyctl statusline --help/,
  })
})

t.test('the glance has a line of them where some are known', async (t) => {
  const { home } = await fakeDaemon(
    t,
    answers(MODELS, { 'quotas.list': () => ({ quotas: [QUOTA, UNKNOWN] }) }),
  )
  const { out } = await tallyctl(home, [])
  t.match(out, /^windows {6}claude-code 5 h 62 %, resets \d\d:\d\d$/m)
})

t.test('when a window is reset: today by its hour, this week by its day, later by its date', async (t) => {
  const now = new Date(2026, 10, 20, 12, 0).getTime()
  const at = (ms: number) => new Date(now + ms).toISOString()
  t.equal(resetWords(at(5.5 * HOUR), now), '17:30')
  t.equal(resetWords(at(72 * HOUR), now), 'Mon')
  t.equal(resetWords(at(20 * 24 * HOUR), now), '2026-12-10')
  t.equal(resetWords('nonsense', now), '–')
  t.equal(
    windowWords({ label: 'week', usedPercent: null, resetAt: null }, now),
    'week unknown since its reset',
  )
  t.equal(windowWords({ label: '5 h', usedPercent: 0.4, resetAt: null }, now), '5 h 0 %')
})

t.test(
  'statusline: this session, today on all devices, the windows; and tallyd is told of them',
  async (t) => {
    const household = summary([], [{ ...figures(3, 18.42) }], {
      devices: ['desk', 'laptop', 'studio'].map((name) => ({
        id: null,
        name,
        self: name === 'desk',
        freshness: 'live',
        asOf: null,
      })),
    })
    const { home, calls } = await fakeDaemon(
      t,
      answers(household, {
        'quotas.list': () => ({ quotas: [QUOTA, UNKNOWN] }),
        'quotas.observe': () => ({ observed: { windows: 2 } }),
      }),
    )
    const { exit, out, err } = await tallyctl(home, ['statusline'], { input: JSON.stringify(INPUT) })
    t.strictSame([exit, err], [0, ''])
    t.match(out, /^session \$1\.20 {3}today \$18\.42 on 3 devices {3}5 h 62 %, resets \d\d:\d\d\n$/)
    const observed = calls.find(({ method }) => method === 'quotas.observe')
    t.strictSame(observed?.params, {
      agent: 'claude-code',
      windows: [
        { windowSeconds: 18_000, usedPercent: 42.7, resetAt: new Date(1_786_099_200_000).toISOString() },
        { windowSeconds: 604_800, usedPercent: 63.1, resetAt: new Date(1_786_608_000_000).toISOString() },
      ],
    })
    t.notMatch(JSON.stringify(calls), /secret|Opus|session_id/, 'nothing else of it is told')
  },
)

t.test('statusline: without tallyd it says so and shows what Claude Code told', async (t) => {
  const { exit, out } = await tallyctl(temporaryFolder(t), ['statusline'], { input: JSON.stringify(INPUT) })
  t.equal(exit, 0)
  t.match(out, /^session \$1\.20 {3}tallyd is not running {3}5 h 42 %, resets .+ {3}week 63 %, resets .+\n$/)
})

t.test('statusline: below the one that was there before', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const input = JSON.stringify({ cost: {} })
  const { out } = await tallyctl(home, ['statusline', '--then', 'wc -c; echo two; echo no >&2'], { input })
  t.equal(out.replace(/^ +/, ''), `${input.length}\ntwo\ntoday $4.20\n`)
  const failed = await tallyctl(home, ['statusline', '--then', 'exit 3'], { input })
  t.strictSame([failed.exit, failed.out], [0, 'today $4.20\n'])
})

t.test('statusline: what is no status line is an error that says what it reads', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  for (const input of ['', 'null', '[]', '"x"', '{"cost":', 'x'.repeat(1000)]) {
    const { exit, out, err } = await tallyctl(home, ['statusline'], { input })
    t.strictSame([exit, out], [2, ''], input.slice(0, 10))
    t.match(err, 'what it reads is not the JSON of a status line; run: npx tallyctl statusline --help')
  }
  const large = await tallyctl(home, ['statusline'], { input: `{"x":"${'x'.repeat(10 << 20)}"}` })
  t.strictSame([large.exit, large.out], [2, ''])
  t.match(large.err, 'larger than 1 MiB')
})

t.test('a property: of whatever JSON only numbers that can be true are taken', async () => {
  const odd = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(1e300, -1, null, '42'))
  const property = fc.property(odd, odd, odd, (cost, used, at) => {
    const limits = { five_hour: { used_percentage: used, resets_at: at }, seven_day: used }
    const told = toldIn(JSON.stringify({ cost: { total_cost_usd: cost }, rate_limits: limits }))
    assert.ok(told.sessionUSD === null || (Number.isFinite(told.sessionUSD) && told.sessionUSD >= 0))
    for (const { usedPercent, resetAt } of told.windows) {
      assert.ok(usedPercent >= 0 && usedPercent <= 1_000)
      assert.ok(resetAt === undefined || !Number.isNaN(Date.parse(resetAt)))
    }
  })
  fc.assert(property)
})

t.test('statusline: what a slow or untidy command leaves behind is ended with it', async (t) => {
  const { home } = await fakeDaemon(t, answers(MODELS))
  const file = join(home, 'pid')
  const isAlive = () => {
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 0)
      return true
    } catch {
      return false
    }
  }
  for (const command of [
    `sleep 60 & echo $! > ${file}; echo hi`,
    `echo hi; sleep 60 & echo $! > ${file}; wait`,
  ]) {
    const { exit, out } = await tallyctl(home, ['statusline', '--then', command], { input: '{}' })
    t.equal(exit, 0)
    t.match(out, /today \$4\.20\n$/)
    t.equal(out.startsWith('hi\n'), !command.endsWith('wait'), 'one that takes too long says nothing')
    await until(() => !isAlive(), 'nothing stays')
  }
})

t.test('quotas: of several accounts it is said which', async (t) => {
  const [ann, ben] = ['ab'.repeat(16), 'cd'.repeat(16)]
  const { home } = await fakeDaemon(
    t,
    answers(MODELS, {
      'quotas.list': () => ({
        quotas: [
          { ...QUOTA, account: ann },
          { ...QUOTA, account: ben },
        ],
      }),
    }),
  )
  t.match((await tallyctl(home, ['quotas'])).out, /claude-code abababab .*\nclaude-code cdcdcdcd /)
})
