// Days and hours as people read them, and the days between two. Dates without Intl: weekdays are arithmetic.

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const DAY_MS = 86_400_000

/** `2026-11-16` → `Mon 16`. */
export function weekday(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(at) ? day : `${WEEKDAYS[new Date(at).getUTCDay()]} ${day.slice(8)}`
}

/** `2026-11-16T14:00:00+01:00` → `14:00`. */
export function clock(hour: string): string {
  return hour.slice(11, 16)
}

/** Every day from `first` to `last`, both included, as YYYY-MM-DD; empty where there are more than `most`. */
export function daysBetween(first: string, last: string, most: number): string[] {
  const from = Date.parse(`${first}T00:00:00Z`)
  const to = Date.parse(`${last}T00:00:00Z`)
  const length = Math.round((to - from) / DAY_MS) + 1
  if (!(length >= 1 && length <= most)) return []
  return Array.from({ length }, (_, index) => new Date(from + index * DAY_MS).toISOString().slice(0, 10))
}
