// Joining two histories, as a rule about totals: what the young one tells alike is counted once, and nothing else is touched.
import fc from 'fast-check'
import t from 'tap'
import type { UsageAnswer } from '../../../src/contract/wire.ts'
import { type CopiedTotals, Copy } from '../../../src/daemon/devices/copy.ts'
import { takeOver } from '../../../src/daemon/devices/merging.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import {
  bucket,
  FIRST_QUARTER,
  linesOf,
  type MadeBucket,
  recounted,
  toolCalls,
  totalsOf,
} from './made-totals.ts'

/** What another device has of these. */
function copied(totals: Totals): CopiedTotals {
  const sender = createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => 'a',
    timeZone: () => 'UTC',
    program: '1.0.0',
  })
  const copy = new Copy()
  copy.apply(sender.answer(undefined) as UsageAnswer, 0)
  return copy.totals
}

const keyOf = ({ quarter, agent, model, activity, band }: MadeBucket) =>
  [quarter, agent, model, activity, band].join()

const histories = fc.uniqueArray(bucket, { selector: keyOf, maxLength: 30 })
const tools = fc.uniqueArray(toolCalls, {
  selector: ({ quarter, agent, tool }) => [quarter, agent, tool].join(),
  maxLength: 20,
})

t.test('of a union of histories every bucket counts once, whatever the names are numbered', async () => {
  fc.assert(
    fc.property(histories, tools, histories, tools, (one, oneTools, two, twoTools) => {
      const old = copied(totalsOf(one, oneTools))
      const young = copied(recounted(totalsOf([...two], [...twoTools])))
      const before = linesOf(old)
      const youngs = linesOf(young)
      takeOver(old, young)
      const known = new Set(youngs)
      return (
        linesOf(old).join('\n') === before.filter((line) => !known.has(line)).join('\n') &&
        linesOf(young).join('\n') === youngs.join('\n')
      )
    }),
    { numRuns: 500 },
  )
})

t.test('a history merged with itself is nothing more, and asking again changes nothing', async () => {
  fc.assert(
    fc.property(histories, tools, (made, calls) => {
      const old = copied(totalsOf(made, calls))
      const young = copied(recounted(totalsOf(made, calls)))
      takeOver(old, young)
      return linesOf(old).length === 0 && takeOver(old, young) === 0
    }),
  )
})

t.test('more of the same quarter-hour is not the same, because it may be other work', async (t) => {
  const made = (calls: number): MadeBucket => ({
    quarter: FIRST_QUARTER,
    agent: 'codex',
    model: 'gpt-5.5',
    activity: 0,
    band: 0,
    calls,
  })
  const old = copied(totalsOf([made(3)]))
  t.equal(takeOver(old, copied(totalsOf([made(5)]))), 0)
  t.equal(linesOf(old).length, 1)
})
