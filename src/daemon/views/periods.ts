// The day, the week from Monday and the month that a local day is in, as whole ones of a zone.
import type { Zone } from './zone.ts'

export type Period = 'day' | 'week' | 'month'

/** Quarter-hours from the first one up to, not including, the next period's. `day` is a local day as the zone counts it. */
export function wholePeriod(period: Period, zone: Zone, day: number): { since: number; until: number } {
  const [first, days] =
    period === 'day'
      ? [day, 1]
      : period === 'week'
        ? [day - weekday(day), 7]
        : [firstOfMonth(day), daysOfMonth(day)]
  return { since: zone.startOf(first), until: zone.startOf(first + days) }
}

/** The first day of the month that the day is in. */
export function firstOfMonth(day: number): number {
  return day - new Date(day * 86_400_000).getUTCDate() + 1
}

/** Days since Monday; 1970-01-01 was a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7
}

function daysOfMonth(day: number): number {
  const date = new Date(day * 86_400_000)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}
