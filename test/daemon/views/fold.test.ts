// What a question that is asked for months remembers: what the devices tell of now, not what they ever told of.
import t from 'tap'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Fold } from '../../../src/daemon/views/fold.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { FIRST_QUARTER, totalsOf } from '../devices/made-totals.ts'

const BUCKET = { quarter: FIRST_QUARTER, agent: 'codex', model: 'gpt-5.5', activity: 0, band: 0, calls: 7 }
const FACTS = { id: null, name: 'desk', self: false, freshness: 'live', asOf: null } as const

t.test(
  'a paired device that tells everything anew under other names leaves none of the old ones behind',
  async (t) => {
    const range = { since: null, until: null }
    const question = { by: ['model', 'device'] as const, range, zone: zoneOf('UTC'), quarter: 0, params: {} }
    const fold = new Fold(question, createPriceBook(undefined))
    for (let telling = 0; telling < 50; telling++) {
      const buckets = ['one', 'two', 'three'].map((model) => ({ ...BUCKET, model: `${model} ${telling}` }))
      const sums = fold.sum([{ device: FACTS, totals: totalsOf(buckets) }]).groups()
      t.same(
        sums.map(({ labels, sum }) => [labels.model, sum.calls]),
        buckets.map(({ model }) => [model, 7]),
      )
    }
    t.equal(fold.labels, 3)
  },
)
