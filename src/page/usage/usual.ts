// What a usual day is: the median of those of the last 28 days on which anything was spent. Pure.
import type { Row } from '../../contract/usage.ts'
import type { Measure } from './look.ts'
import { measured } from './sums.ts'

/** Days before today that are looked at. */
export const DAYS_BACK = 28
/** Fewer days with use are no habit. */
export const FEWEST_DAYS = 3

export interface UsualDay {
  /** Of how many days with use it is the median. */
  readonly days: number
  readonly whole: number
  /** What is usually reached by this time of the day; of the hour that runs, the part that has passed counts. */
  readonly byNow: number
}

/** From rows by hour of the days before today; null where too few days had any use. */
export function usualDay(rows: readonly Row[], measure: Measure, now: number): UsualDay | null {
  const local = new Date(now)
  const passed = local.getHours() + local.getMinutes() / 60
  const days = new Map<string, { whole: number; byNow: number; calls: number }>()
  for (const row of rows) {
    // The asker's own wall clock, as the daemon printed it: 2026-11-26T14:00:00+01:00.
    const [, date, hour] = /^(\d{4}-\d{2}-\d{2})T(\d{2}):/.exec(row.hour ?? '') ?? []
    if (date === undefined) continue
    const day = days.get(date) ?? { whole: 0, byNow: 0, calls: 0 }
    const value = measured(row, measure) ?? 0
    day.whole += value
    day.byNow += value * Math.min(1, Math.max(0, passed - Number(hour)))
    day.calls += row.calls
    days.set(date, day)
  }
  const used = [...days.values()].filter(({ calls }) => calls > 0)
  if (used.length < FEWEST_DAYS) return null
  return {
    days: used.length,
    whole: median(used.map(({ whole }) => whole)),
    byNow: median(used.map(({ byNow }) => byNow)),
  }
}

/** The middle of the sorted values, or half way between the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
