// Numbers as people read them. Written by hand because Intl takes 9 ms to load.

const NOTHING = '–'

/** 2104 → `2,104`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** US dollars: `$18.42`, `$1,904.00`, `<$0.01` for what would round to nothing, `–` for no price. */
export function money(value: number | null): string {
  if (value === null) return NOTHING
  if (value > 0 && value < 0.005) return '<$0.01'
  const [whole = '0', cents = '00'] = value.toFixed(2).split('.')
  return `$${count(Number(whole))}.${cents}`
}

/** Tokens or other large counts: `812`, `4.1k`, `12.6M`, `2.1B`. */
export function amount(value: number | null): string {
  if (value === null) return NOTHING
  return scaled(value, 1000, ['', 'k', 'M', 'B', 'T'])
}

/** Bytes in decimal units: `1.6 GB`. */
export function bytes(value: number): string {
  return scaled(value, 1000, [' B', ' kB', ' MB', ' GB', ' TB'])
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value
  let at = 0
  // 999,950 must become 1.0M, not 1000.0k.
  while (rest >= (at === 0 ? step : step - 0.05) && at < units.length - 1) {
    rest /= step
    at++
  }
  return at === 0 ? `${count(rest)}${units[0]}` : `${rest.toFixed(1)}${units[at]}`
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

/** `1 call`, `2,104 calls`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
