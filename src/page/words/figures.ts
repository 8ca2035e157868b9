// Numbers and times as people read them; the same words as tallyctl's.

const NOTHING = '–'
const DAY_MS = 86_400_000

/** Tokens: `812`, `4.1k`, `12.6M`. */
export function amount(value: number): string {
  const units = ['', 'k', 'M', 'B', 'T']
  let [rest, at] = [value, 0]
  // 999,950 must become 1.0M, not 1000.0k.
  while (rest >= (at === 0 ? 1000 : 999.95) && at < units.length - 1) {
    rest /= 1000
    at++
  }
  return at === 0 ? String(Math.round(rest)) : `${rest.toFixed(1)}${units[at]}`
}

/** `1 token`, `3 tokens`. */
export function counted(value: number, one: string): string {
  return `${value} ${value === 1 ? one : `${one}s`}`
}

/** `now`, `2 h ago` under a day, else the date here; `at` is RFC 3339, `now` in Unix milliseconds. */
export function when(at: string, now: number): string {
  const then = Date.parse(at)
  if (Number.isNaN(then)) return NOTHING
  const ago = now - then
  if (ago >= DAY_MS || ago < -DAY_MS) return date(then)
  if (Math.abs(ago) < 5_000) return 'now'
  return ago < 0 ? `in ${stretch(-ago)}` : `${stretch(ago)} ago`
}

/** How long it is until `at`: `42 s`, `9 min`, `3 h`, and after a day the date. */
export function until(at: string, now: number): string {
  const left = Date.parse(at) - now
  if (Number.isNaN(left)) return NOTHING
  return left >= DAY_MS ? date(now + left) : stretch(Math.max(0, left))
}

/** `2026-11-27 14:02`, on this browser's clock. */
export function moment(at: string): string {
  const then = Date.parse(at)
  if (Number.isNaN(then)) return NOTHING
  const local = new Date(then)
  return `${date(then)} ${two(local.getHours())}:${two(local.getMinutes())}`
}

/** `482 913`. */
export function grouped(digits: string): string {
  return `${digits.slice(0, 3)} ${digits.slice(3)}`
}

/** In its largest unit; seconds and minutes up to one and a half of the next. */
function stretch(ms: number): string {
  if (ms < 90_000) return `${Math.round(ms / 1000)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

function date(at: number): string {
  const local = new Date(at)
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
