// Rows by time and name as the series of a stacked chart: the largest seven by name, the rest as others. Pure.
import type { Row } from '../../contract/usage.ts'
import { type Bin, binAt, timeOf } from './bins.ts'
import type { Measure, Side } from './look.ts'
import { measured, ranked, type Total, totalOf } from './sums.ts'

/** So many colours are told apart by everybody. */
export const COLOURS = 7

export interface Series {
  /** Null for all others together. */
  readonly name: string | null
  /** Which colour, from 0; null for others. */
  readonly colour: number | null
  readonly total: Total
  /** In the measure, one for each bar. */
  readonly values: readonly number[]
}

export interface Stack {
  /** Largest first, others last. */
  readonly series: readonly Series[]
  /** All series together, one for each bar. */
  readonly heights: readonly number[]
  /** How many names `others` are. */
  readonly others: number
}

/** Which colour a name has. */
export type Colours = ReadonlyMap<string, number>

/**
 * Colours for the first names of `order`. A name keeps the one that it had, also through answers that it is not in, as long as nobody else
 * needs it: nothing changes colour when ranks change.
 */
export function coloursFor(order: readonly string[], before: Colours): Colours {
  const shown = order.slice(0, COLOURS)
  const colours = new Map([...before].filter(([name]) => shown.includes(name)))
  const absent = [...before].filter(([name]) => !shown.includes(name))
  const taken = new Set(before.values())
  const untouched = Array.from({ length: COLOURS }, (_, at) => at).filter((at) => !taken.has(at))
  const free = [...untouched, ...absent.map(([, colour]) => colour)]
  for (const name of shown) if (!colours.has(name)) colours.set(name, free.shift()!)
  for (const [name, colour] of absent) if (free.includes(colour)) colours.set(name, colour)
  return colours
}

/** `colours` says which names stand for themselves. */
export function stackOf(
  rows: readonly Row[],
  side: Side,
  measure: Measure,
  bins: readonly Bin[],
  colours: Colours,
): Stack {
  const order = ranked(rows, side, measure)
  const named = order.filter(({ name }) => colours.has(name))
  const rest = order.filter(({ name }) => !colours.has(name))
  const values = new Map<string | null, number[]>()
  const valuesOf = (name: string | null) => {
    const known = values.get(name) ?? bins.map(() => 0)
    values.set(name, known)
    return known
  }
  const heights = bins.map(() => 0)
  for (const row of rows) {
    const at = binAt(bins, timeOf(row))
    const value = measured(row, measure) ?? 0
    if (at < 0) continue
    const name = row[side] ?? ''
    valuesOf(colours.has(name) ? name : null)[at]! += value
    heights[at]! += value
  }
  const series: Series[] = named.map(({ name, total }) => ({
    name,
    colour: colours.get(name)!,
    total,
    values: valuesOf(name),
  }))
  if (rest.length > 0) {
    const total = totalOf(rest.map((each) => ({ ...each.total, webSearches: null })))
    // A single one is called by its name, in the colour of others.
    const name = rest.length === 1 ? rest[0]!.name : null
    series.push({ name, colour: null, total, values: valuesOf(null) })
  }
  return { series, heights, others: rest.length }
}
