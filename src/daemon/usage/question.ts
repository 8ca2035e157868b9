// What a summary was asked for, understood: the range in quarter-hours, the zone, the groupings.
import type { Grouping, SummaryParams } from '../../contract/usage.ts'
import type { Range } from './range.ts'
import type { Zone } from './zone.ts'

export interface Question {
  readonly by: readonly Grouping[]
  readonly range: Range
  readonly zone: Zone
  /** The present quarter-hour. */
  readonly quarter: number
  readonly params: SummaryParams
  readonly deviceName: string
}

/** Ids of the names that were asked for; null where all are. */
export function chosenIds(list: readonly string[], names: readonly string[] | undefined): Set<number> | null {
  if (names === undefined) return null
  return new Set(list.flatMap((name, id) => (names.includes(name) ? [id] : [])))
}
