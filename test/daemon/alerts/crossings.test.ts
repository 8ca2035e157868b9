// The machine of alerts: each threshold of a budget is told at most once in a period, whatever the sum does.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { BudgetFound } from '../../../src/contract/budgets.ts'
import {
  type Crossing,
  isCrossingList,
  KEPT,
  newCrossings,
  remembered,
} from '../../../src/daemon/alerts/crossings.ts'
import { standing } from '../../../src/daemon/views/budgets.ts'

const AT = '2026-11-20T12:00:00.000Z'

function budget(spentUSD: number | null, more: Partial<BudgetFound> = {}): BudgetFound {
  const limitUSD = more.limitUSD ?? 100
  return {
    period: 'day',
    since: '2026-11-20T00:00:00+01:00',
    until: '2026-11-21T00:00:00+01:00',
    limitUSD,
    spentUSD,
    ...standing(spentUSD, limitUSD),
    unpricedTokens: 0,
    ...more,
  }
}

/** Looks one after the other; what each told, as per cents. */
function told(...looks: readonly BudgetFound[][]): number[][] {
  let known: Crossing[] = []
  return looks.map((budgets) => {
    const news = newCrossings(budgets, known, AT)
    known = remembered(known, news)
    return news.map(({ percent }) => percent)
  })
}

t.test('80 and 100 per cent are told once each, also when the sum falls and rises again', async (t) => {
  const sums = [79, 80, 85, 100, 120, 70, 80, 100]
  t.strictSame(told(...sums.map((sum) => [budget(sum)])), [[], [80], [], [100], [], [], [], []])
})

t.test('both at once, and none of what nobody knows the cost of', async (t) => {
  t.strictSame(told([budget(null)], [budget(130)], [budget(131)]), [[], [80, 100], []])
})

t.test('the next day, another period and another limit are told of anew', async (t) => {
  const next = budget(90, { since: '2026-11-21T00:00:00+01:00' })
  t.strictSame(
    told([budget(90)], [next], [budget(90)]),
    [[80], [80], []],
    'and not again when the clock is set back',
  )
  t.strictSame(told([budget(90)], [budget(90), budget(90, { period: 'week' })]), [[80], [80]])
  t.strictSame(told([budget(90)], [budget(90, { limitUSD: 110 })], [budget(90)]), [[80], [80], []])
})

t.test('the same day in another zone is the same day', async (t) => {
  t.strictSame(told([budget(90)], [budget(90, { since: '2026-11-20T00:00:00-05:00' })]), [[80], []])
})

t.test(
  'a property: whatever is spent when, each threshold is told once at most, and then it was reached',
  async () => {
    const look = fc.record({
      day: fc.integer({ min: 0, max: 40 }),
      sum: fc.oneof(fc.double({ min: 0, max: 300, noNaN: true }), fc.constant(null)),
      isRestart: fc.boolean(),
    })
    const limits = fc.record({
      day: fc.integer({ min: 1, max: 200 }),
      month: fc.integer({ min: 1, max: 200 }),
    })
    const property = fc.property(fc.array(look, { maxLength: 120 }), limits, (looks, { day, month }) => {
      let known: Crossing[] = []
      const seen = new Set<string>()
      // Days only go on: a clock that is set back by more days than are kept is not promised anything.
      for (const { day: at, sum, isRestart } of looks.toSorted((x, y) => x.day - y.day)) {
        const since = (of: number) => `${new Date(of * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`
        const found = [
          budget(sum, { since: since(at), limitUSD: day }),
          budget(sum, { period: 'month', since: since(0), limitUSD: month }),
        ]
        const news = newCrossings(found, known, AT)
        known = remembered(known, news)
        if (isRestart) known = JSON.parse(JSON.stringify(known)) as Crossing[]
        assert.ok(isCrossingList(known))
        for (const { period, day: first, limitUSD, percent } of news) {
          const key = `${period} ${first} ${percent}`
          assert.ok(!seen.has(key), `${key} is told twice`)
          seen.add(key)
          assert.ok((sum ?? 0) * 100 >= limitUSD * percent - 1e-6)
        }
        // Nothing is forgotten either: what is reached has been told.
        for (const each of found) {
          const key = (percent: number) => `${each.period} ${each.since.slice(0, 10)} ${percent}`
          if (each.state !== 'ok') assert.ok(seen.has(key(80)))
          if (each.state === 'over') assert.ok(seen.has(key(100)))
        }
      }
    })
    fc.assert(property)
  },
)

t.test('a property: no document of whatever content is taken for crossings that are none', async () => {
  const property = fc.property(fc.jsonValue(), (data) => {
    if (isCrossingList(data)) assert.ok(data.every(({ percent }) => percent === 80 || percent === 100))
  })
  fc.assert(property)
  assert.ok(!isCrossingList([{ period: 'year', day: '', limitUSD: 1, percent: 80, at: '' }]))
  assert.ok(!isCrossingList(Array.from({ length: 3 * KEPT + 1 }, () => null)))
})
