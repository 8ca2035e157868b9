// Which rows of a usage.summary a person sees, in which order, and under which names.
import type { Figures, Grouping, Row, Summary } from '../../contract/usage.ts'
import { clock, daysBetween, weekday } from './days.ts'
import { clean } from './text.ts'

/** Longer ranges than this are not filled up with days on which nothing happened. */
const MOST_DAYS = 62

const NONE: Figures = { calls: 0, sessions: 0, tokens: null, webSearches: 0, costUSD: null }

/** The five classes together: reasoning is inside output. */
export function allTokens(figures: Figures): number | null {
  const tokens = figures.tokens
  if (tokens === null) return null
  return tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h
}

/** What a row's bar measures: money, or tokens where nothing has a price, or calls of tools. */
export function measureOf(summary: Summary): (figures: Figures) => number {
  if (summary.by.includes('tool')) return (figures) => figures.calls
  if ((summary.total.costUSD ?? 0) > 0) return (figures) => figures.costUSD ?? 0
  return (figures) => allTokens(figures) ?? figures.calls
}

/** Times go forward; everything else by what it cost, groups before what is in them. */
export function sortedRows(summary: Summary): Row[] {
  const measure = measureOf(summary)
  const weights = new Map<string, number>()
  for (const row of summary.rows) {
    for (let depth = 1; depth <= summary.by.length; depth++) {
      const group = groupOf(row, summary.by, depth)
      weights.set(group, (weights.get(group) ?? 0) + measure(row))
    }
  }
  return [...summary.rows].sort((a, b) => {
    for (const [index, key] of summary.by.entries()) {
      const [left, right] = [String(a[key] ?? ''), String(b[key] ?? '')]
      if (left === right) continue
      // As moments, because on the day when the clocks go back an hour's text does not sort.
      if (key === 'hour') return Date.parse(left) - Date.parse(right)
      if (key === 'day') return left < right ? -1 : 1
      const weight = (row: Row) => weights.get(groupOf(row, summary.by, index + 1)) ?? 0
      return weight(b) - weight(a) || (left < right ? -1 : 1)
    }
    return 0
  })
}

/** With the days between the first and the last on which nothing happened, so that a gap is seen. */
export function withEmptyDays(rows: readonly Row[], by: readonly Grouping[]): Row[] {
  const [first, last] = [rows[0]?.day, rows.at(-1)?.day]
  if (by.length !== 1 || by[0] !== 'day' || first === undefined || last === undefined) return [...rows]
  const days = daysBetween(first, last, MOST_DAYS)
  if (days.length === 0) return [...rows]
  const known = new Map(rows.map((row) => [row.day, row]))
  return days.map((day) => known.get(day) ?? { day, ...NONE })
}

/** A function that names a row's key: short where all rows lie within a week or a day, as it is in a pipe. */
export function labels(rows: readonly Row[], isTerminal: boolean): (row: Row, key: Grouping) => string {
  const days = rows.flatMap((row) => row.day ?? row.hour?.slice(0, 10) ?? []).sort()
  const span = daysBetween(days[0] ?? '', days.at(-1) ?? '', 7).length
  return (row, key) => {
    const value = row[key] ?? ''
    if (!isTerminal) return clean(value)
    if (key === 'day') return span > 0 ? weekday(value) : value
    if (key !== 'hour') return clean(value) || '(no name)'
    if (span === 1 || row.day !== undefined) return clock(value)
    return `${span > 0 ? weekday(value.slice(0, 10)) : value.slice(0, 10)} ${clock(value)}`
  }
}

function groupOf(row: Row, by: readonly Grouping[], depth: number): string {
  return JSON.stringify(by.slice(0, depth).map((key) => row[key]))
}
