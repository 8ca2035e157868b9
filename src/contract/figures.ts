// Numbers as people read them, for everything that prints. Written by hand because Intl takes 9 ms to load.

const NOTHING = '–'
/** More than sums of floats differ by, less than any token costs. */
const HAIR_USD = 1e-9
const HEIGHTS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** 2104 → `2,104`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/**
 * US dollars: `$18.42`, `$1,904.00`, `<$0.01` for what would round to nothing, `–` for no price. Half a cent is rounded up also where a
 * sum of floats came out a hair below it, so that the same calls read the same in whatever order they were added up.
 */
export function money(value: number | null): string {
  if (value === null) return NOTHING
  const rounded = Math.round((value + HAIR_USD) * 100) / 100
  if (value > 0 && rounded === 0) return '<$0.01'
  const [whole = '0', cents = '00'] = rounded.toFixed(2).split('.')
  return `$${count(Number(whole))}.${cents}`
}

/** Tokens or other large counts: `812`, `4.1k`, `12.6M`, `2.1B`. */
export function amount(value: number | null): string {
  if (value === null) return NOTHING
  return scaled(value, 1000, ['', 'k', 'M', 'B', 'T'])
}

/** `value` in the largest of `units` that leaves at least one, each `step` of the one before. */
export function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value
  let at = 0
  // 999,950 must become 1.0M, not 1000.0k.
  while (rest >= (at === 0 ? step : step - 0.05) && at < units.length - 1) {
    rest /= step
    at++
  }
  return at === 0 ? `${count(rest)}${units[0]}` : `${rest.toFixed(1)}${units[at]}`
}

/** `1 call`, `2,104 calls`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** One column a value, relative to the largest; nothing where all are 0. */
export function sparkline(values: readonly number[]): string {
  const most = values.reduce((a, b) => Math.max(a, b), 0)
  if (most <= 0) return ''
  return values.map((value) => HEIGHTS[Math.min(7, Math.floor((value / most) * 8))] ?? '').join('')
}
