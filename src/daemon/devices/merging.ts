// Joins the history of a device that is gone with that of the one which goes on: what the new one tells in the very same way
// is the new one's from then on, and counts once; all else of the old one stays.
import { activityOf, agentOf, BUCKET_SUMS, bandOfSeries, modelOf, packSeries } from '../tallies/buckets.ts'
import type { Names } from '../tallies/names.ts'
import type { Totals } from '../tallies/totals.ts'
import type { CopiedTotals } from './copy.ts'

/**
 * Empties every bucket of `old` that `young` has with the same figures; returns how many. A quarter-hour of which the old one
 * knows only a part is not the same: whether it is part of the same work cannot be told from sums.
 */
export function takeOver(old: CopiedTotals, young: CopiedTotals): number {
  return takeBuckets(old, young) + takeTools(old, young)
}

/** Whether there can be something to take over from what changed in `young` since quarter-hour `first`. */
export function overlaps(old: Totals, first: number): boolean {
  const { span } = old.buckets
  return span !== null && first <= span.last
}

function takeBuckets(old: CopiedTotals, young: CopiedTotals): number {
  const agents = idsIn(young.agents, old.agents)
  const models = idsIn(young.models, old.models)
  const activities = idsIn(young.activities, old.activities)
  const { of, length } = old.buckets.table
  const { of: youngs } = young.buckets.table
  let taken = 0
  for (let row = 0; row < length; row++) {
    if (of.calls[row] === 0) continue
    const [quarter, series] = [of.quarter[row]!, of.series[row]!]
    const agent = agents[agentOf(series)] ?? -1
    const model = models[modelOf(series)] ?? -1
    const activity = activities[activityOf(series)] ?? -1
    if (agent < 0 || model < 0 || activity < 0) continue
    const other = young.buckets.find(
      quarter,
      packSeries({ agent, model, activity, band: bandOfSeries(series) }),
    )
    if (other < 0 || youngs.calls[other] === 0) continue
    if (BUCKET_SUMS.some((name) => youngs[name][other] !== of[name][row])) continue
    for (const name of BUCKET_SUMS) of[name][row] = 0
    old.buckets.blocks.touch(row)
    taken++
  }
  young.buckets.rest()
  return taken
}

function takeTools(old: CopiedTotals, young: CopiedTotals): number {
  const agents = idsIn(young.agents, old.agents)
  const tools = idsIn(young.tools, old.tools)
  const { of, length } = old.toolBuckets.table
  const { of: youngs } = young.toolBuckets.table
  let taken = 0
  for (let row = 0; row < length; row++) {
    if (of.calls[row] === 0) continue
    const quarter = of.quarter[row]!
    const [agent, tool] = [agents[of.agent[row]!] ?? -1, tools[of.tool[row]!] ?? -1]
    const other = agent < 0 || tool < 0 ? -1 : young.toolBuckets.find(quarter, agent, tool)
    if (other < 0 || youngs.calls[other] !== of.calls[row]) continue
    of.calls[row] = 0
    taken++
  }
  young.toolBuckets.rest()
  return taken
}

/** For each number of `from` the number of the same name in `to`; -1 where it has none. */
function idsIn(to: Names, from: Names): number[] {
  const ids = new Map(to.list.map((name, id) => [name, id]))
  return from.list.map((name) => ids.get(name) ?? -1)
}
