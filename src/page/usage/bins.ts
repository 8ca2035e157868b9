// The bars of the chart as stretches of time: hours of a day, days of a week or month, and days, weeks or months of all history,
// whichever are few enough to be told apart. Pure.
import type { Row } from '../../contract/usage.ts'
import {
  clockOf,
  dayInWords,
  hoursOf,
  MONTHS,
  midnight,
  monthStart,
  startOfDate,
  WEEKDAYS,
  weekStart,
} from './calendar.ts'
import type { RangeName } from './look.ts'

export type Grain = 'hour' | 'day' | 'week' | 'month'

export interface Bin {
  /** Unix milliseconds, exclusive at the end. */
  readonly start: number
  readonly end: number
  /** Under the bar, where there is room. */
  readonly label: string
  /** The whole of it: `Fri 27 Nov`, `14:00 to 15:00`, `week from Mon 23 Nov`, `Nov 2026`. */
  readonly title: string
}

export interface Bins {
  readonly grain: Grain
  readonly bins: readonly Bin[]
}

/** More bars than these are not told apart any more, on a phone at least. */
const MOST_BARS = 62
const DAY_MS = 86_400_000

/** The bars of a range at `now`. `history` begins and ends with what there is; of `all` alone it matters. */
export function binsOf(
  range: RangeName,
  now: number,
  history: { readonly first: number; readonly last: number } | null = null,
): Bins {
  if (range === 'day') return { grain: 'hour', bins: hourBins(now) }
  if (range === 'week') {
    const monday = weekStart(now)
    return { grain: 'day', bins: dayBins(monday, midnight(monday, 7), now, true) }
  }
  if (range === 'month') {
    return { grain: 'day', bins: dayBins(monthStart(now), monthStart(now, 1), now, false) }
  }
  const first = Math.min(history?.first ?? now, now)
  const end = midnight(Math.max(history?.last ?? now, now), 1)
  if (end - midnight(first) <= MOST_BARS * DAY_MS) {
    // A single bar says nothing about its neighbours: a week at least.
    const start = Math.min(midnight(first), midnight(end, -7))
    return { grain: 'day', bins: dayBins(start, end, now, false) }
  }
  if (end - weekStart(first) <= MOST_BARS * 7 * DAY_MS) {
    return { grain: 'week', bins: weekBins(weekStart(first), end, now) }
  }
  return { grain: 'month', bins: monthBins(monthStart(first), end) }
}

/** When a row began: its hour, or its day. NaN where it has neither. */
export function timeOf({ hour, day }: Row): number {
  return hour !== undefined ? Date.parse(hour) : startOfDate(day ?? '')
}

/** The place of the bar that `at` falls into; -1 where it falls into none. */
export function binAt(bins: readonly Bin[], at: number): number {
  let [low, high] = [0, bins.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (bins[middle]!.start <= at) low = middle + 1
    else high = middle
  }
  const found = bins[low - 1]
  return found !== undefined && at < found.end ? low - 1 : -1
}

function hourBins(now: number): Bin[] {
  const hours = hoursOf(now)
  const end = midnight(now, 1)
  return hours.map((start, at) => {
    const next = hours[at + 1] ?? end
    return {
      start,
      end: next,
      label: clockOf(start).slice(0, 2),
      title: `${clockOf(start)} to ${clockOf(next)}`,
    }
  })
}

function dayBins(start: number, end: number, now: number, withWeekday: boolean): Bin[] {
  const bins: Bin[] = []
  for (let at = start; at < end; at = midnight(at, 1)) {
    const local = new Date(at)
    const day = String(local.getDate())
    const label = withWeekday ? `${WEEKDAYS[local.getDay()]} ${day}` : day
    bins.push({ start: at, end: midnight(at, 1), label, title: dayInWords(at, now) })
  }
  return bins
}

function weekBins(start: number, end: number, now: number): Bin[] {
  const bins: Bin[] = []
  let month = -1
  for (let at = start; at < end; at = midnight(at, 7)) {
    // A month is named under its first week.
    const its = new Date(at).getMonth()
    const label = its === month ? '' : MONTHS[its]!
    month = its
    bins.push({ start: at, end: midnight(at, 7), label, title: `week from ${dayInWords(at, now)}` })
  }
  return bins
}

function monthBins(start: number, end: number): Bin[] {
  const bins: Bin[] = []
  for (let at = start; at < end; at = monthStart(at, 1)) {
    const local = new Date(at)
    const title = `${MONTHS[local.getMonth()]} ${local.getFullYear()}`
    const label = local.getMonth() === 0 || bins.length === 0 ? title : MONTHS[local.getMonth()]!
    bins.push({ start: at, end: monthStart(at, 1), label, title })
  }
  return bins
}
