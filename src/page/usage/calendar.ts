// Local time as the browser's clock has it. All times are Unix milliseconds; days begin at local midnight, which is not always
// 24 hours after the one before.

const HOUR_MS = 3_600_000

export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
export const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const

/** Midnight `days` after that of `at`. */
export function midnight(at: number, days = 0): number {
  const local = new Date(at)
  return new Date(local.getFullYear(), local.getMonth(), local.getDate() + days).getTime()
}

/** Midnight of the first day of the month, `months` after that of `at`. */
export function monthStart(at: number, months = 0): number {
  const local = new Date(at)
  return new Date(local.getFullYear(), local.getMonth() + months, 1).getTime()
}

/** Midnight of that week's Monday. */
export function weekStart(at: number): number {
  return midnight(at, -((new Date(at).getDay() + 6) % 7))
}

/** The beginnings of the hours of a day: 23 or 25 where a clock was changed. */
export function hoursOf(day: number): number[] {
  const hours: number[] = []
  for (let at = midnight(day), end = midnight(day, 1); at < end; at += HOUR_MS) hours.push(at)
  return hours
}

/** Midnight of a date `YYYY-MM-DD`; NaN for what is none. */
export function startOfDate(date: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? []
  return year === undefined ? Number.NaN : new Date(Number(year), Number(month) - 1, Number(day)).getTime()
}

/** `2026-11-27` of the local day. */
export function localDayOf(at: number): string {
  const local = new Date(at)
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`
}

/** `14:00`. */
export function clockOf(at: number): string {
  const local = new Date(at)
  return `${two(local.getHours())}:${two(local.getMinutes())}`
}

/** `Fri 27 Nov`, with the year where it is not that of `now`. */
export function dayInWords(at: number, now: number): string {
  const local = new Date(at)
  const year = local.getFullYear() === new Date(now).getFullYear() ? '' : ` ${local.getFullYear()}`
  return `${WEEKDAYS[local.getDay()]} ${local.getDate()} ${MONTHS[local.getMonth()]}${year}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
