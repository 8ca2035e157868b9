// A usage.summary as CSV by RFC 4180.
import type { Figures, Row, Summary } from '../../contract/usage.ts'
import { clean } from './text.ts'

const FIGURES: readonly (readonly [string, (figures: Figures) => number | null])[] = [
  ['calls', (row) => row.calls],
  ['sessions', (row) => row.sessions],
  ['input', (row) => row.tokens?.input ?? null],
  ['output', (row) => row.tokens?.output ?? null],
  ['cacheRead', (row) => row.tokens?.cacheRead ?? null],
  ['cacheWrite5m', (row) => row.tokens?.cacheWrite5m ?? null],
  ['cacheWrite1h', (row) => row.tokens?.cacheWrite1h ?? null],
  ['reasoning', (row) => row.tokens?.reasoning ?? null],
  ['webSearches', (row) => row.webSearches],
  ['costUSD', (row) => row.costUSD],
]

/** A header row, then the rows in the daemon's order; a value that does not exist is empty. Lines end in CRLF. */
export function usageCsv(summary: Summary): string {
  const lines: string[][] = [[...summary.by, ...FIGURES.map(([name]) => name)]]
  const rows: readonly Row[] = summary.by.length === 0 ? [summary.total] : summary.rows
  for (const row of rows) {
    const keys = summary.by.map((key) => field(row[key] ?? ''))
    lines.push([...keys, ...FIGURES.map(([, read]) => String(read(row) ?? ''))])
  }
  return lines.map((line) => `${line.join(',')}\r\n`).join('')
}

// Spreadsheets run a cell that begins with one of these as a formula; a model's name is data from others.
function field(text: string): string {
  const safe = clean(text).replace(/^\s*[=+\-@]/, (start) => `'${start}`)
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
