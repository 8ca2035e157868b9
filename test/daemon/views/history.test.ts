// All history for who scrapes: the very same object as long as nothing changed, whatever others ask meanwhile.
import t from 'tap'
import { createViews } from '../../../src/daemon/views/views.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'
import { FIRST_QUARTER, noTotals, setBucket, totalsOf } from '../devices/made-totals.ts'

const BUCKET = { quarter: FIRST_QUARTER, agent: 'codex', model: 'gpt-5.5', activity: 0, band: 0, calls: 7 }

t.test('what others ask does not make it be added up anew; a call does', async (t) => {
  const facts = (name: string) => ({ id: null, name, self: true, freshness: 'live', asOf: null }) as const
  const own = totalsOf([BUCKET])
  const shares = [
    { device: facts('desk'), totals: own },
    { device: facts('laptop'), totals: totalsOf([{ ...BUCKET, quarter: FIRST_QUARTER + 9 }]) },
    { device: facts('shelf'), totals: noTotals() },
  ]
  const views = createViews({
    config: {},
    now: Date.now,
    devices: () => [],
    shares: () => shares,
    snapshot: NO_SNAPSHOT,
  })
  const first = views.history()
  const calls = (of: typeof first) =>
    of.groups.map(({ labels, sum }) => [labels.device, labels.model, sum.calls])
  t.same(calls(first), [
    ['desk', 'gpt-5.5', 7],
    ['laptop', 'gpt-5.5', 7],
  ])
  for (let day = 1; day <= 20; day++) views.summary({ since: `${day}d`, timeZone: 'UTC' })
  t.equal(views.history(), first)
  setBucket(own, { ...BUCKET, calls: 8 })
  const second = views.history()
  t.not(second, first)
  t.same(calls(second)[0], ['desk', 'gpt-5.5', 8])
  t.same(calls(first)[0], ['desk', 'gpt-5.5', 7], 'what was given out does not change')
})
