// What a summary was asked for, understood: the range in quarter-hours, the zone, the groupings, and whose totals.
import type { Grouping, Summary, SummaryParams } from '../../contract/usage.ts'
import type { Totals } from '../tallies/totals.ts'
import type { Range } from './range.ts'
import type { Zone } from './zone.ts'

/** One device's part in a total. */
export interface Share {
  readonly device: Summary['devices'][number]
  readonly totals: Totals
}

export interface Question {
  readonly by: readonly Grouping[]
  readonly range: Range
  readonly zone: Zone
  /** The present quarter-hour. */
  readonly quarter: number
  readonly params: SummaryParams
}

/** Ids of the names that were asked for; null where all are. */
export function chosenIds(list: readonly string[], names: readonly string[] | undefined): Set<number> | null {
  if (names === undefined) return null
  return new Set(list.flatMap((name, id) => (names.includes(name) ? [id] : [])))
}
