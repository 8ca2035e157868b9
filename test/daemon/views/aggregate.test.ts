// What is kept of an answer is never seen: it equals what is added up anew, whatever came in between.
import t from 'tap'
import type { Grouping } from '../../../src/contract/usage.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import { latest, type UsageEvent } from '../../../src/daemon/usage/event.ts'
import { keyOf } from '../../../src/daemon/usage/ledger/hash.ts'
import { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Aggregator } from '../../../src/daemon/views/aggregate.ts'
import type { Question, Share } from '../../../src/daemon/views/question.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { FIRST_QUARTER, longHistory, setBucket } from '../devices/made-totals.ts'

const FIRST = Date.parse('2026-03-01T00:00:00Z')
const QUARTER_MS = 900_000
const prices = createPriceBook({ cheap: { input: 1, output: 10 }, dear: { input: 100, output: 1000 } })

/** Call `n`, in a quarter-hour and of a model of its own among 40 times 3; told again it is later and larger. */
function call(n: number, telling = 1): UsageEvent {
  const at = FIRST + (n % 1500) * QUARTER_MS
  const output = n * telling
  const numbers = {
    input: n,
    output,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning: 0,
    webSearches: 0,
  }
  return {
    kind: 'call',
    key: keyOf(`${n}`),
    apart: 1,
    session: keyOf(`session ${n % 70}`),
    at,
    rank: latest(at + telling),
    model: ['cheap', 'dear', 'unknown'][n % 3]!,
    numbers,
  }
}

const shareOf = (totals: Totals, name: string): Share => ({
  device: { id: null, name, self: true, freshness: 'live', asOf: null },
  totals,
})

const question = (by: Grouping[], more: Partial<Question> = {}): Question => ({
  by,
  range: { since: null, until: null },
  zone: zoneOf('UTC'),
  quarter: 0,
  params: {},
  ...more,
})

const QUESTIONS: readonly Question[] = [
  question([]),
  question(['day']),
  question(['day'], { zone: zoneOf('Asia/Kathmandu') }),
  question(['model', 'device']),
  question(['model'], { params: { models: ['cheap', 'late'] } }),
  question(['hour', 'model']),
  question([], { range: { since: FIRST / QUARTER_MS + 200, until: FIRST / QUARTER_MS + 300 } }),
]

/** Everything of an answer, money to the nanodollar. */
function told(aggregator: Aggregator, shares: readonly Share[], asked: Question): unknown {
  const { groups, total, unpriced } = aggregator.aggregate(shares, asked)
  const rows = [...groups, ...unpriced].map(({ time, labels, sum }) =>
    JSON.stringify([time, labels, sum.figures()]),
  )
  return { rows: rows.sort(), total: total.figures() }
}

t.test('an answer after a change is the one that would be added up anew', async (t) => {
  const [own, other] = [new Ledger(), new Ledger()]
  const [tell, tellOther] = [own.sinkOf('claude-code'), other.sinkOf('codex')]
  for (let n = 0; n < 3000; n++) tell(call(n))
  for (let n = 0; n < 1500; n++) tellOther(call(n))
  t.ok(own.buckets.table.length > 1400, 'there is more than one block')
  const kept = QUESTIONS.map(() => new Aggregator(prices))
  let name = 'desk'
  const changes: Record<string, () => void> = {
    nothing: () => undefined,
    'a call in an old bucket': () => tell(call(3000)),
    'a call that is told again': () => tell(call(17, 3)),
    'a call that moves to another time': () => tell({ ...call(20), at: FIRST - QUARTER_MS } as UsageEvent),
    'a call of a new model': () => tell({ ...call(4000), model: 'late' } as UsageEvent),
    'a call on the other device': () => tellOther(call(2000)),
    'a new name': () => {
      name = 'tower'
    },
    'totals that are made anew': () => {
      own.registerOnly()
      tell(call(5000))
      own.recount()
    },
  }
  for (const [what, change] of Object.entries(changes)) {
    change()
    const shares = [shareOf(own, name), shareOf(other, 'laptop')]
    for (const [at, asked] of QUESTIONS.entries()) {
      const anew = told(new Aggregator(prices), shares, asked)
      t.same(told(kept[at]!, shares, asked), anew, `${what}: question ${at}`)
      t.same(told(kept[at]!, shares, asked), anew, `${what}: question ${at}, again`)
    }
  }
})

t.test('what lies together and what lies apart come to the same, whatever changes and grows', async (t) => {
  const histories = [longHistory(14_000), longHistory(9_000), longHistory(3_000)]
  const asked = [question(['hour', 'model']), question(['day'], { zone: zoneOf('America/St_Johns') })]
  const kept = new Aggregator(prices)
  let shares = histories.map((totals, at) => shareOf(totals, `device-${at}`))
  const check = (what: string) => {
    for (const each of asked)
      t.same(told(kept, shares, each), told(new Aggregator(prices), shares, each), what)
  }
  const change = (at: number, quarter: number, model = 'gpt-5.5') => {
    const made = { quarter, agent: 'claude-code', model, activity: 1, band: 0, calls: quarter % 50 }
    setBucket(histories[at]!, made)
  }
  check('at first')
  for (let round = 0; round < 40; round++) {
    change(round % 3, FIRST_QUARTER - 100_000 + ((round * 7919) % 3_000))
    if (round % 5 === 0) change(0, FIRST_QUARTER + round, 'a new model')
    check(`after change ${round}`)
  }
  for (let n = 0; n < 3_000; n++) change(2, FIRST_QUARTER + n)
  check('new blocks')
  shares = shares.slice(1)
  check('a device less')
  shares = [...shares, shareOf(longHistory(5_000), 'device-9')]
  check('another device')
  shares = [shareOf(longHistory(5_000), 'device-9'), ...shares.slice(0, 2)]
  check('totals that were told anew')
})

t.test('more questions than are kept', async (t) => {
  const ledger = new Ledger()
  const tell = ledger.sinkOf('codex')
  const kept = new Aggregator(prices)
  for (let n = 0; n < 60; n++) {
    tell(call(n))
    const asked = question(['day'], { range: { since: FIRST / QUARTER_MS + (n % 20), until: null } })
    t.same(
      told(kept, [shareOf(ledger, 'desk')], asked),
      told(new Aggregator(prices), [shareOf(ledger, 'desk')], asked),
    )
  }
})

t.test('the span of buckets follows what is counted', async (t) => {
  const ledger = new Ledger()
  t.equal(ledger.buckets.span, null)
  const tell = ledger.sinkOf('codex')
  for (let n = 10; n < 1500; n++) tell(call(n))
  const first = FIRST / QUARTER_MS
  t.same({ ...ledger.buckets.span }, { first: first + 10, last: first + 1499 })
  tell({ ...call(10), at: FIRST - 5 * QUARTER_MS } as UsageEvent)
  t.equal(ledger.buckets.span?.first, first - 5)
})
