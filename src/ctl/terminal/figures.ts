// Numbers as people read them on a terminal: those of the contract, and sizes and stretches of time.
import { scaled } from '../../contract/figures.ts'

export { amount, count, counted, money } from '../../contract/figures.ts'

const NOTHING = '–'

/** Bytes in decimal units: `1.6 GB`. */
export function bytes(value: number): string {
  return scaled(value, 1000, [' B', ' kB', ' MB', ' GB', ' TB'])
}

/** A stretch of time in its largest unit: `840 ms`, `1.2 s`, `4 min`, `3 h`, `12 days`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 59_500) return `${Math.round(ms / 1000)} s`
  if (ms < 3_570_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} days`
}

/** `2 h ago` under a day, else the date in UTC; `at` is RFC 3339. */
export function when(at: string, now: number): string {
  const then = Date.parse(at)
  if (Number.isNaN(then)) return NOTHING
  const ago = now - then
  if (ago < 0 || ago >= 86_400_000) return at.slice(0, 10)
  return ago < 1000 ? 'now' : `${duration(ago)} ago`
}

/** How long it is until `at`, RFC 3339; nothing less than none. */
export function remaining(at: string, now: number): string {
  const left = Date.parse(at) - now
  return Number.isNaN(left) ? NOTHING : duration(Math.max(0, left))
}
