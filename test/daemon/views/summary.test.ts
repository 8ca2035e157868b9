// Totals are grouped as asked, priced before they are summed, and say what has no price.
import t from 'tap'
import { Value } from 'typebox/value'
import { type Grouping, Summary, type SummaryParams } from '../../../src/contract/usage.ts'
import { quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { latest, type UsageEvent } from '../../../src/daemon/usage/event.ts'
import { keyOf } from '../../../src/daemon/usage/ledger/hash.ts'
import { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Aggregator } from '../../../src/daemon/views/aggregate.ts'
import type { Share } from '../../../src/daemon/views/question.ts'
import { rangeOf } from '../../../src/daemon/views/range.ts'
import type { SameLogsFound } from '../../../src/daemon/views/same-logs.ts'
import { summarise } from '../../../src/daemon/views/summary.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { NOW } from '../usage/log-folder.ts'

const aggregator = new Aggregator(
  createPriceBook({ cheap: { input: 1, output: 10 }, dear: { input: 100, output: 1000 } }),
)
const DESK = { id: null, name: 'desk', self: true, freshness: 'live', asOf: null } as const
let calls = 0

function call(
  time: string,
  model: string,
  more: { session?: string; output?: number; input?: number } = {},
): UsageEvent {
  const { session = 's', output = 1, input = 0 } = more
  const at = Date.parse(time)
  const numbers = {
    input,
    output,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning: 0,
    webSearches: 0,
  }
  return {
    kind: 'call',
    key: keyOf(`${calls++}`),
    apart: 1,
    session: keyOf(session),
    at,
    rank: latest(at),
    model,
    numbers,
  }
}

const tool = (time: string, name: string): UsageEvent => ({
  kind: 'tool',
  key: keyOf(`tool ${calls++}`),
  at: Date.parse(time),
  tool: name,
})

function ledgerOf(events: Record<string, UsageEvent[]>): Ledger {
  const ledger = new Ledger()
  for (const [agent, list] of Object.entries(events)) for (const event of list) ledger.sinkOf(agent)(event)
  return ledger
}

function ask(ledger: Ledger, params: SummaryParams, name = 'UTC'): Summary {
  const zone = zoneOf(name)
  const range = rangeOf({ range: 'all', ...params }, zone, NOW)
  const summary = summarise([{ device: DESK, totals: ledger }], aggregator, {
    by: params.by ?? [],
    range,
    zone,
    params,
    quarter: quarterOf(NOW),
  })
  Value.Assert(Summary, summary)
  return summary
}

/** Rows as their keys and one number. */
function rows(summary: Summary, ...names: (Grouping | 'calls' | 'costUSD' | 'sessions')[]): unknown[][] {
  return summary.rows.map((row) => names.map((name) => row[name]))
}

const ledger = ledgerOf({
  'claude-code': [
    call('2026-03-02T07:59:00Z', 'cheap'),
    call('2026-03-02T08:01:00Z', 'cheap', { output: 2 }),
    call('2026-03-02T15:30:00Z', 'dear', { session: 'other' }),
    call('2026-03-03T00:10:00Z', 'dear'),
    tool('2026-03-02T07:59:00Z', 'Read'),
    tool('2026-03-02T15:30:00Z', 'Read'),
    tool('2026-03-02T15:30:00Z', '__proto__'),
  ],
  codex: [
    call('2026-03-02T08:01:00Z', 'local', { session: 'codex', input: 500, output: 7 }),
    tool('2026-03-02T08:01:00Z', 'shell'),
  ],
})

t.test("days are of the asker's zone", async (t) => {
  const days = (name: string) => rows(ask(ledger, { by: ['day'] }, name), 'day', 'calls')
  t.same(days('UTC'), [
    ['2026-03-02', 4],
    ['2026-03-03', 1],
  ])
  t.same(days('America/Los_Angeles'), [
    ['2026-03-01', 1],
    ['2026-03-02', 4],
  ])
  t.same(days('Asia/Tokyo'), [
    ['2026-03-02', 3],
    ['2026-03-03', 2],
  ])
  t.same(days('Asia/Kathmandu'), [
    ['2026-03-02', 4],
    ['2026-03-03', 1],
  ])
})

t.test('each grouping, and several at once', async (t) => {
  t.same(rows(ask(ledger, { by: ['agent'] }), 'agent', 'calls'), [
    ['claude-code', 4],
    ['codex', 1],
  ])
  t.same(
    rows(ask(ledger, { by: ['model'] }), 'model', 'calls'),
    [
      ['dear', 2],
      ['cheap', 2],
      ['local', 1],
    ],
    'the costliest first',
  )
  t.same(rows(ask(ledger, { by: ['activity'] }), 'activity', 'calls'), [['conversation', 5]])
  t.same(rows(ask(ledger, { by: ['device'] }), 'device', 'calls'), [['desk', 5]])
  t.same(rows(ask(ledger, { by: ['hour'] }, 'Asia/Kathmandu'), 'hour', 'calls'), [
    ['2026-03-02T13:00:00+05:45', 3],
    ['2026-03-02T21:00:00+05:45', 1],
    ['2026-03-03T05:00:00+05:45', 1],
  ])
  t.same(
    rows(ask(ledger, { by: ['day', 'hour', 'model', 'agent'] }), 'day', 'hour', 'model', 'agent', 'calls'),
    [
      ['2026-03-02', '2026-03-02T07:00:00Z', 'cheap', 'claude-code', 1],
      ['2026-03-02', '2026-03-02T08:00:00Z', 'cheap', 'claude-code', 1],
      ['2026-03-02', '2026-03-02T08:00:00Z', 'local', 'codex', 1],
      ['2026-03-02', '2026-03-02T15:00:00Z', 'dear', 'claude-code', 1],
      ['2026-03-03', '2026-03-03T00:00:00Z', 'dear', 'claude-code', 1],
    ],
  )
})

t.test('whatever the grouping, its rows sum to the total', async (t) => {
  const groupings: Grouping[] = ['day', 'hour', 'agent', 'model', 'activity', 'device']
  const plain = ask(ledger, {}).total
  for (const one of groupings) {
    for (const other of groupings) {
      for (const by of [
        [one],
        ...(one === other ? [] : [[one, other], [one, other, ...groupings].slice(0, 4)]),
      ]) {
        const { rows, total } = ask(ledger, { by: [...new Set(by)] }, 'Australia/Lord_Howe')
        t.same(total, plain)
        t.equal(
          rows.reduce((sum, row) => sum + row.calls, 0),
          plain.calls,
          by.join(' '),
        )
        t.equal(
          rows.reduce((sum, row) => sum + (row.sessions ?? 0), 0),
          plain.sessions,
        )
      }
    }
  }
})

t.test(
  'the hour that autumn repeats stays two rows, and spring has no row for the one it skips',
  async (t) => {
    const autumn = ledgerOf({
      a: ['07:30', '08:30', '09:30', '10:30'].map((time) => call(`2026-11-01T${time}:00Z`, 'cheap')),
    })
    t.same(rows(ask(autumn, { by: ['hour'] }, 'America/Los_Angeles'), 'hour', 'calls'), [
      ['2026-11-01T00:00:00-07:00', 1],
      ['2026-11-01T01:00:00-07:00', 1],
      ['2026-11-01T01:00:00-08:00', 1],
      ['2026-11-01T02:00:00-08:00', 1],
    ])
    const quarters = (from: string, n: number) =>
      Array.from({ length: n * 4 }, (_, i) =>
        call(new Date(Date.parse(from) + i * 900_000).toISOString(), 'cheap'),
      )
    const count = (date: string, from: string) => {
      const summary = ask(ledgerOf({ a: quarters(from, 72) }), { by: ['day'] }, 'America/Los_Angeles')
      return summary.rows.find(({ day }) => day === date)?.calls
    }
    t.equal(count('2026-11-01', '2026-10-31T00:00:00Z'), 25 * 4)
    t.equal(count('2026-03-08', '2026-03-07T00:00:00Z'), 23 * 4)
  },
)

t.test('agents, models and times are chosen', async (t) => {
  t.equal(ask(ledger, { agents: ['codex'] }).total.calls, 1)
  t.equal(ask(ledger, { models: ['cheap', 'local'] }).total.calls, 3)
  t.equal(ask(ledger, { models: ['none such'] }).total.calls, 0)
  t.equal(ask(ledger, { agents: ['codex'], models: ['cheap'] }).total.calls, 0)
  t.equal(ask(ledger, { since: '2026-03-02T08:00:00Z', until: '2026-03-02T15:30:00Z' }).total.calls, 2)
  t.equal(ask(ledger, { since: '2026-03-03', until: '2026-03-03' }).total.calls, 1)
  t.equal(ask(ledger, { until: '2026-03-02' }, 'America/Los_Angeles').total.calls, 5)
})

t.test('money: what has no price is listed with its tokens, and is never a silent zero', async (t) => {
  const { total, unpriced, rows: byModel } = ask(ledger, { by: ['model'] })
  t.equal(total.costUSD, 0.002_03)
  t.same(unpriced, [{ agent: 'codex', model: 'local', calls: 1, tokens: 507 }])
  t.equal(byModel.find(({ model }) => model === 'local')?.costUSD, null)
  t.equal(ask(ledger, { agents: ['codex'] }).total.costUSD, null, 'nothing in it has a price')
  t.equal(
    ask(ledger, { since: '2025-01-01', until: '2025-01-02' }).total.costUSD,
    0,
    'nothing at all costs nothing',
  )
})

t.test('tools are counted without money, and not by what their calls do not know', async (t) => {
  const { rows: byTool, total, unpriced } = ask(ledger, { by: ['tool'] })
  t.same(
    byTool.map(({ tool, calls }) => [tool, calls]),
    [
      ['Read', 2],
      ['__proto__', 1],
      ['shell', 1],
    ],
  )
  t.same(total, { calls: 4, sessions: null, tokens: null, webSearches: null, costUSD: null })
  t.same(unpriced, [])
  t.same(
    rows(
      ask(ledger, { by: ['day', 'tool', 'agent'], agents: ['claude-code'] }, 'America/Los_Angeles'),
      'day',
      'agent',
      'tool',
      'calls',
    ),
    [
      ['2026-03-01', 'claude-code', 'Read', 1],
      ['2026-03-02', 'claude-code', 'Read', 1],
      ['2026-03-02', 'claude-code', '__proto__', 1],
    ],
  )
  for (const by of [
    ['tool', 'model'],
    ['activity', 'tool'],
  ] as Grouping[][]) {
    t.throws(() => ask(ledger, { by }), {
      error: 'invalidParams',
      message: /tool calls are not counted by (model|activity)/,
    })
  }
  t.throws(() => ask(ledger, { by: ['tool'], models: ['cheap'] }), {
    error: 'invalidParams',
    message: /by model/,
  })
})

t.test('the range that was meant is printed, an open one from where history begins to now', async (t) => {
  t.same(
    ask(ledger, {}).range,
    { since: '2026-03-02T07:45:00Z', until: '2026-11-20T12:15:00Z', timeZone: 'UTC' },
    'up to now',
  )
  t.same(ask(ledger, { range: 'week' }, 'Asia/Tokyo').range, {
    since: '2026-11-16T00:00:00+09:00',
    until: '2026-11-21T00:00:00+09:00',
    timeZone: 'Asia/Tokyo',
  })
  t.equal(ask(new Ledger(), {}).range.since, null)
})

t.test('no history at all', async (t) => {
  const { rows, total, unpriced } = ask(new Ledger(), { by: ['day', 'model'] })
  t.same([rows, unpriced], [[], []])
  t.same([total.calls, total.sessions, total.costUSD], [0, 0, 0])
})

t.test('an answer is the very same object until anything in it changes', async (t) => {
  const own = ledgerOf({ 'claude-code': [call('2026-03-02T08:00:00Z', 'cheap')] })
  const away = ledgerOf({ codex: [call('2026-03-02T09:00:00Z', 'dear')] })
  const mine = new Aggregator(createPriceBook({}))
  const other = { ...DESK, id: 'a'.repeat(64), name: 'laptop', self: false }
  let shares: Share[] = [
    { device: DESK, totals: own },
    { device: other, totals: away },
  ]
  const zone = zoneOf('UTC')
  const asked = (now = NOW, same: SameLogsFound = [], by: Grouping[] = ['day', 'device']) => {
    const params = { range: 'all', by } as const
    const question = { by, range: rangeOf(params, zone, now), zone, params, quarter: quarterOf(now) }
    return summarise(shares, mine, question, same)
  }
  let before = asked()
  t.equal(asked(), before)
  shares = [...shares]
  t.equal(asked(), before, 'another list of the same')

  const changes: readonly (readonly [string, () => Summary, (summary: Summary) => unknown])[] = [
    [
      'a call here',
      () => {
        own.sinkOf('claude-code')(call('2026-03-02T10:00:00Z', 'cheap'))
        return asked()
      },
      ({ total }) => total.calls === 3,
    ],
    [
      'a call there, in a quarter-hour that was there before',
      () => {
        away.sinkOf('codex')(call('2026-03-02T09:01:00Z', 'dear'))
        return asked()
      },
      ({ total }) => total.calls === 4,
    ],
    [
      'it is live now',
      () => {
        shares = [shares[0]!, { device: { ...other, freshness: 'cached' }, totals: away }]
        return asked()
      },
      ({ devices }) => devices[1]?.freshness === 'cached',
    ],
    [
      'another name',
      () => {
        shares = [shares[0]!, { device: { ...other, name: 'studio' }, totals: away }]
        return asked()
      },
      ({ rows: all }) => all.some(({ device }) => device === 'studio'),
    ],
    ['time', () => asked(NOW + 86_400_000), ({ range }) => range.until > before.range.until],
    [
      'the same logs',
      () => asked(NOW + 86_400_000, [{ devices: ['desk', 'studio'], buckets: 12 }]),
      ({ sameLogs }) => sameLogs?.[0]?.buckets === 12,
    ],
    ['no same logs any more', () => asked(NOW + 86_400_000), ({ sameLogs }) => sameLogs === undefined],
    [
      'it is gone',
      () => {
        shares = [shares[0]!]
        return asked(NOW + 86_400_000)
      },
      ({ devices, total }) => devices.length === 1 && total.calls === 2,
    ],
  ]
  for (const [what, change, isSeen] of changes) {
    const after = change()
    t.not(after, before, what)
    t.ok(isSeen(after), what)
    before = after
  }
  t.not(asked(NOW, [], ['model']), before)
})
