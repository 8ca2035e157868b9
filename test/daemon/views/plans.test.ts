// Plans: the tokens of one agent, of this month and the last, by the zone's calendar.
import t from 'tap'
import { quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Aggregator } from '../../../src/daemon/views/aggregate.ts'
import { plansOf } from '../../../src/daemon/views/plans.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { totalsOf } from '../devices/made-totals.ts'

const DESK = { id: null, name: 'desk', self: true, freshness: 'live', asOf: null, state: 'self' } as const

function plansAt(
  now: string,
  zone: string,
  calls: readonly (readonly [at: string, agent: string, model: string])[],
) {
  const buckets = calls.map(([at, agent, model]) => {
    return { quarter: quarterOf(Date.parse(at)), agent, model, activity: 0, band: 0, calls: 1 }
  })
  return plansOf({
    plans: { 'claude-code': { priceUSD: 100 }, codex: { priceUSD: 20 } },
    shares: [{ device: DESK, totals: totalsOf(buckets) }],
    aggregator: new Aggregator(createPriceBook({ dear: { input: 0, output: 100_000 } })),
    zone: zoneOf(zone),
    now: Date.parse(now),
  })
}

t.test('each agent has its own, and a month ends at midnight in the zone', async (t) => {
  const calls = [
    ['2026-02-28T22:45:00Z', 'claude-code', 'dear'],
    // March in Berlin.
    ['2026-02-28T23:15:00Z', 'claude-code', 'dear'],
    ['2026-03-10T12:00:00Z', 'codex', 'local'],
    ['2026-01-31T12:00:00Z', 'codex', 'dear'],
  ] as const
  const [claude, codex] = plansAt('2026-03-31T12:00:00Z', 'Europe/Berlin', calls)
  const price = claude!.month.costUSD!
  t.ok(price > 0)
  t.match(claude, {
    agent: 'claude-code',
    priceUSD: 100,
    month: { since: '2026-03-01T00:00:00+01:00', until: '2026-04-01T00:00:00+02:00', unpricedTokens: 0 },
    lastMonth: { since: '2026-02-01T00:00:00+01:00', until: '2026-03-01T00:00:00+01:00', costUSD: price },
  })
  t.match(codex, { agent: 'codex', month: { costUSD: null }, lastMonth: { costUSD: 0, unpricedTokens: 0 } })
  t.ok(codex!.month.unpricedTokens > 0, 'what has no price is not a silent $0')
  const [inUtc] = plansAt('2026-03-31T12:00:00Z', 'UTC', calls)
  t.match([inUtc?.month.costUSD, inUtc?.lastMonth.costUSD], [0, 2 * price])
})

t.test('the month before January is December', async (t) => {
  const [claude] = plansAt('2026-01-15T12:00:00Z', 'UTC', [['2025-12-31T23:45:00Z', 'claude-code', 'dear']])
  t.match(claude?.lastMonth, { since: '2025-12-01T00:00:00Z', until: '2026-01-01T00:00:00Z' })
  t.ok((claude?.lastMonth.costUSD ?? 0) > 0)
})
