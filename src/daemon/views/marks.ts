// Marks of buckets, by which those of two devices are compared. Loaded when there are two to compare: a device that is alone
// should not pay for it.
import { ACTIVITIES } from '../../contract/words.ts'
import { modelAsTold } from '../devices/sanitiser.ts'
import { activityOf, agentOf, bandOfSeries, modelOf } from '../tallies/buckets.ts'
import type { Names } from '../tallies/names.ts'
import type { Totals } from '../tallies/totals.ts'

/** Rows between two turns of the event loop: well below a millisecond. */
const ROWS_A_TURN = 4_096

/** A number for each bucket that two devices have in common only if it is alike; one in `every`. */
export function* marksOf(
  totals: Totals & { readonly activities?: Names },
  every: number,
): Generator<number[]> {
  const agents = totals.agents.list.map(hashOf)
  // Other devices were told some names by a common word.
  const models = totals.models.list.map((name) => hashOf(modelAsTold(name)))
  const activities = (totals.activities?.list ?? ACTIVITIES).map(hashOf)
  for (let start = 0; start < totals.buckets.table.length; start += ROWS_A_TURN) {
    const { of, length } = totals.buckets.table
    const marks: number[] = []
    for (let row = start; row < Math.min(length, start + ROWS_A_TURN); row++) {
      if (of.calls[row] === 0) continue
      const series = of.series[row]!
      let [a, b] = [of.quarter[row]!, bandOfSeries(series)]
      const mix = (value: number) => {
        a = Math.imul(a ^ value, 0x9e3779b1) ^ (a >>> 15)
        b = Math.imul(b ^ (value / 2 ** 32) ^ a, 0x85ebca77) ^ (b >>> 13)
      }
      mix(agents[agentOf(series)] ?? 0)
      mix(models[modelOf(series)] ?? 0)
      mix(activities[activityOf(series)] ?? 0)
      mix(of.calls[row]!)
      mix(of.sessions[row]!)
      mix(of.webSearches[row]!)
      mix(of.input[row]!)
      mix(of.output[row]!)
      mix(of.cacheRead[row]!)
      mix(of.cacheWrite5m[row]!)
      mix(of.cacheWrite1h[row]!)
      mix(of.reasoning[row]!)
      const mark = (a >>> 0) * 2 ** 21 + ((b >>> 0) & (2 ** 21 - 1))
      if ((a >>> 8) % every === 0) marks.push(mark)
    }
    yield marks
  }
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
