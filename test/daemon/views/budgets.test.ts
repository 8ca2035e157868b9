// Budgets: what is spent of them in the period that it is now, exactly at the thresholds, in zones and on days that are odd.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { Value } from 'typebox/value'
import { BudgetFound } from '../../../src/contract/budgets.ts'
import type { Config } from '../../../src/contract/config.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import { quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Aggregator } from '../../../src/daemon/views/aggregate.ts'
import { type BudgetsFound, budgetsOf, standing } from '../../../src/daemon/views/budgets.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { deviceFacts, SELF } from '../../harness/device-facts.ts'
import { noTotals, totalsOf } from '../devices/made-totals.ts'

const ALL = { daily: 10, weekly: 50, monthly: 200 }
/** One model has a price, the other has none. */
const PRICES = { dear: { input: 0, output: 100_000 } }

/** Away since noon. */
const away = (name: string, more: Partial<DeviceFacts> = {}) =>
  deviceFacts(name, { freshness: 'cached', asOf: '2026-11-20T12:00:00.000Z', ...more })

interface Asked {
  readonly limits?: Config['budgets']
  readonly zone?: string
  /** Times of one call each, by model. */
  readonly calls?: readonly (readonly [at: string, model: string])[]
  readonly devices?: readonly DeviceFacts[]
}

function found(
  now: string,
  { limits = ALL, zone = 'UTC', calls = [], devices = [] }: Asked = {},
): BudgetsFound {
  const buckets = calls.map(([at, model]) => ({
    quarter: quarterOf(Date.parse(at)),
    agent: 'codex',
    model,
    activity: 0,
    band: 0,
    calls: 1,
  }))
  return budgetsOf({
    limits,
    shares: [
      { device: SELF, totals: noTotals() },
      { device: away('laptop'), totals: totalsOf(buckets) },
    ],
    devices: [SELF, ...devices],
    aggregator: new Aggregator(createPriceBook(PRICES)),
    zone: zoneOf(zone),
    now: Date.parse(now),
  })
}

const spans = (now: string, zone: string) =>
  found(now, { zone }).budgets.map(({ since, until }) => [since, until])

t.test('only those that the config names, and nothing without any', async (t) => {
  t.strictSame(found('2026-11-20T12:00:00Z', { limits: {}, devices: [away('laptop')] }), {
    timeZone: 'UTC',
    budgets: [],
    missing: [],
  })
  const { budgets } = found('2026-11-20T12:00:00Z', { limits: { weekly: 5 } })
  t.match(budgets, [{ period: 'week', limitUSD: 5, spentUSD: 0, percent: 0, state: 'ok', unpricedTokens: 0 }])
  t.equal(budgets.length, 1)
})

t.test('a period is a whole one of the zone: a week from Monday, the month to its last day', async (t) => {
  t.strictSame(spans('2026-11-20T20:00:00Z', 'UTC'), [
    ['2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'],
    ['2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z'],
  ])
  t.strictSame(
    spans('2026-11-30T23:30:00Z', 'Asia/Tokyo'),
    [
      ['2026-12-01T00:00:00+09:00', '2026-12-02T00:00:00+09:00'],
      ['2026-11-30T00:00:00+09:00', '2026-12-07T00:00:00+09:00'],
      ['2026-12-01T00:00:00+09:00', '2027-01-01T00:00:00+09:00'],
    ],
    'in Tokyo the month has turned already; the week has not',
  )
  t.strictSame(spans('2028-02-29T12:00:00Z', 'UTC')[2], ['2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'])
})

t.test('days of 23 and 25 hours begin and end at midnight', async (t) => {
  t.strictSame(spans('2026-03-29T12:00:00Z', 'Europe/Berlin'), [
    ['2026-03-29T00:00:00+01:00', '2026-03-30T00:00:00+02:00'],
    ['2026-03-23T00:00:00+01:00', '2026-03-30T00:00:00+02:00'],
    ['2026-03-01T00:00:00+01:00', '2026-04-01T00:00:00+02:00'],
  ])
  t.strictSame(spans('2026-11-01T12:00:00Z', 'America/Los_Angeles'), [
    ['2026-11-01T00:00:00-07:00', '2026-11-02T00:00:00-08:00'],
    ['2026-10-26T00:00:00-07:00', '2026-11-02T00:00:00-08:00'],
    ['2026-11-01T00:00:00-07:00', '2026-12-01T00:00:00-08:00'],
  ])
})

t.test('a call counts in the periods that it is in, and in no other', async (t) => {
  // Half past midnight in Berlin on Monday, the 1st of June: in UTC it is still Sunday in May.
  const calls = [
    ['2026-05-31T21:59:00Z', 'dear'],
    ['2026-05-31T22:30:00Z', 'dear'],
  ] as const
  const spent = (zone: string) =>
    found('2026-05-31T22:45:00Z', { zone, calls }).budgets.map((each) => each.spentUSD)
  const [one] = found('2026-05-31T22:45:00Z', { calls: calls.slice(1) }).budgets
  const price = one?.spentUSD ?? 0
  t.ok(price > 0)
  t.strictSame(spent('Europe/Berlin'), [price, price, price])
  t.strictSame(spent('UTC'), [2 * price, 2 * price, 2 * price])
})

t.test('what has no price is not a silent $0', async (t) => {
  const at = '2026-11-20T12:00:00Z'
  const [nothing] = found(at, { limits: { daily: 1 }, calls: [[at, 'local']] }).budgets
  t.match(nothing, { spentUSD: null, percent: null, state: 'ok' })
  t.ok(nothing!.unpricedTokens > 0)
  const both = found(at, {
    limits: { daily: 1 },
    calls: [
      [at, 'local'],
      [at, 'dear'],
    ],
  }).budgets[0]!
  t.ok((both.spentUSD ?? 0) > 0)
  t.equal(both.unpricedTokens, nothing!.unpricedTokens)
})

t.test('a paired device that is away is named; one that tells nothing here is not missed', async (t) => {
  const devices = [
    away('laptop'),
    away('stu\u001bdio', { freshness: 'never', asOf: null }),
    away('here', { freshness: 'live' }),
    away('reader', { direction: 'give' }),
    away('old', { state: 'unpaired' }),
    away('foe', { state: 'blocked' }),
  ]
  t.strictSame(found('2026-11-20T12:00:00Z', { devices }).missing, [
    { name: 'laptop', asOf: '2026-11-20T12:00:00.000Z' },
    { name: 'studio', asOf: null },
  ])
})

t.test('near from 80 % on, over from 100 % on, exactly', async (t) => {
  t.strictSame(standing(0, 10), { percent: 0, state: 'ok' })
  t.strictSame(standing(7.999_999_999, 10), { percent: 79.9, state: 'ok' })
  t.strictSame(standing(8, 10), { percent: 80, state: 'near' })
  // 0.8 * 0.1 is a little more than 0.08 in floating point.
  t.strictSame(standing(0.08, 0.1), { percent: 80, state: 'near' })
  t.strictSame(standing(9.999_999_999, 10), { percent: 99.9, state: 'near' })
  t.strictSame(standing(10, 10), { percent: 100, state: 'over' })
  t.strictSame(standing(0.1 + 0.2, 0.3), { percent: 100, state: 'over' })
  t.strictSame(standing(1e9, 0.01).state, 'over')
})

t.test('a property: state and per cent agree, and more spent is never a lesser state', async () => {
  const cents = fc.integer({ min: 1, max: 100_000_000 })
  const order = ['ok', 'near', 'over']
  const property = fc.property(cents, cents, cents, (limitCents, one, more) => {
    const limit = limitCents / 100
    const [less, greater] = [standing(one / 1000, limit), standing((one + more) / 1000, limit)]
    for (const { percent, state } of [less, greater]) {
      const wanted = percent! >= 100 ? 'over' : percent! >= 80 ? 'near' : 'ok'
      assert.equal(state, wanted, `${percent}`)
    }
    assert.ok(order.indexOf(greater.state) >= order.indexOf(less.state))
  })
  fc.assert(property, { numRuns: 2_000 })
})

t.test('it has the shape that the contract promises', async (t) => {
  const at = '2026-11-20T12:00:00Z'
  for (const budget of found(at, { calls: [[at, 'dear']] }).budgets)
    t.doesNotThrow(() => Value.Assert(BudgetFound, budget))
})
