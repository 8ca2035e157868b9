// Twenty devices that all know each other end with the same totals, whatever happened to the network, the processes, the disks and
// the clocks. Simulated, so that a seed shows it again: fast-check prints it.
import fc from 'fast-check'
import t from 'tap'
import { Copy } from '../../../src/daemon/devices/copy.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import { modelAsTold, toolAsTold } from '../../../src/daemon/devices/sanitiser.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { Aggregator } from '../../../src/daemon/views/aggregate.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'
import { bucket, linesOf, toolCalls, totalsOf } from './made-totals.ts'
import { type Act, Mesh } from './mesh.ts'

const AS_TOLD = { model: modelAsTold, tool: toolAsTold }
const DEVICES = 20
/** Quarter-hours: clocks may be three years off. */
const SKEW = 3 * 365 * 96

const who = fc.nat({ max: DEVICES - 1 })
const calls = fc.integer({ min: 0, max: 50 })
const just = <K extends 'save' | 'nudge' | 'stop' | 'kill'>(kind: K) =>
  who.map((each) => ({ kind, who: each }))
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('spend' as const), who, calls, model: fc.nat({ max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('correct' as const), who, calls }) },
  { weight: 6, arbitrary: just('nudge') },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pull' as const), who, from: who }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('arrive' as const), who, from: who }) },
  { weight: 2, arbitrary: just('save') },
  { weight: 1, arbitrary: just('stop') },
  { weight: 1, arbitrary: just('kill') },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 2 ** DEVICES - 1 }).map((sides) => ({ kind: 'part' as const, sides })),
  },
  { weight: 2, arbitrary: fc.nat({ max: 9 }).map((quarters) => ({ kind: 'wait' as const, quarters })) },
)

t.test(
  '20 devices converge under partitions, restarts, lost answers, late disks and skewed clocks',
  async (t) => {
    const skews = fc.array(fc.integer({ min: -SKEW, max: SKEW }), { minLength: DEVICES, maxLength: DEVICES })
    let acts = 0
    fc.assert(
      fc.property(skews, fc.array(act, { maxLength: 400, size: 'max' }), (skew, all) => {
        const mesh = new Mesh(skew)
        for (const each of all) mesh.act(each)
        acts += all.length
        mesh.settle()
        const [first, ...rest] = mesh.devices.map((device) => device.knows(AS_TOLD))
        return rest.every((each) => each === first)
      }),
      { numRuns: 40 },
    )
    t.ok(acts > 1_000, `${acts} things happened`)
  },
)

t.test('the union is the same in any order, and whoever is asked twice counts once', async () => {
  const history = fc.tuple(fc.array(bucket, { maxLength: 20 }), fc.array(toolCalls, { maxLength: 5 }))
  fc.assert(
    fc.property(
      fc.array(history, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (histories, order) => {
        const told = histories.map(([buckets, tools]) => answerOf(totalsOf(buckets, tools)))
        const heard = told.map(() => new Copy())
        const deliveries = [...told.keys(), ...told.keys()].map((at) => ({
          at,
          key: order.next().value as number,
        }))
        for (const { at } of deliveries.sort((x, y) => x.key - y.key)) heard[at]!.apply(told[at]!, 0)
        const union = sumOf(heard.map(({ totals }) => totals))
        const shuffled = heard.map((copy) => ({ copy, key: order.next().value as number }))
        const again = sumOf(shuffled.sort((x, y) => x.key - y.key).map(({ copy }) => copy.totals))
        const expected = histories
          .flatMap(([buckets, tools]) => linesOf(totalsOf(buckets, tools), AS_TOLD))
          .sort()
        const got = heard.flatMap(({ totals }) => linesOf(totals)).sort()
        return union === again && got.join('\n') === expected.join('\n')
      },
    ),
    { numRuns: 300 },
  )
})

function answerOf(totals: Totals) {
  return createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => 'a',
    timeZone: () => 'UTC',
    program: '0.2.0',
  }).answer()!
}

/** Rows and total as a summary by day and model shows them, to the picodollar: sums of money depend on their order by 1e-16. */
function sumOf(all: readonly Totals[]): string {
  const shares = all.map((totals) => ({
    device: { id: null, name: 'one', self: false, freshness: 'live' as const, asOf: null },
    totals,
  }))
  const { groups, total } = new Aggregator(createPriceBook(undefined)).aggregate(shares, {
    by: ['day', 'model'],
    range: { since: null, until: null },
    zone: zoneOf('Asia/Kathmandu'),
    quarter: 0,
    params: {},
  })
  const rows = groups.map(({ time, labels, sum }) => {
    const { costUSD, ...figures } = sum.figures()
    return JSON.stringify([time, labels, figures, costUSD?.toFixed(12)])
  })
  return JSON.stringify([rows.sort(), total.calls, total.tokens(), total.costUSD.toFixed(12)])
}
