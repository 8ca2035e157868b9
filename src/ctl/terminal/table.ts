// Lays out a table without lines: figures to the right, a bar at the end, as wide as the terminal allows.
import { bar } from './bars.ts'
import { padded, shorten, width } from './text.ts'

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

export interface Table {
  readonly columns: readonly Column[]
  /** One cell a column, cleaned. */
  readonly rows: readonly (readonly string[])[]
  readonly total?: readonly string[]
  /** For each row its share of the longest bar, 0 to 1. */
  readonly bars?: readonly number[]
}

const LONGEST_BAR = 24
const SHORTEST_BAR = 6
const SHORTEST_NAME = 3

/** The lines of a table; `columns` is the terminal's width, or null in a pipe: no bars, nothing shortened. */
export function tableLines(table: Table, columns: number | null): string[] {
  const all = [
    table.columns.map((column) => column.title),
    ...table.rows,
    ...(table.total ? [table.total] : []),
  ]
  const widths = table.columns.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ''))))
  const gap = columns === null || sum(widths) + (widths.length - 1) * 3 <= columns ? 3 : 2
  const gaps = (widths.length - 1) * gap
  const left = columns === null ? 0 : columns - sum(widths) - gaps - gap
  const barColumns = left >= SHORTEST_BAR ? Math.min(left, LONGEST_BAR) : 0
  if (columns !== null && barColumns === 0) shrink(table.columns, widths, columns - gaps)
  return all.map((row, index) => {
    const cells = table.columns.map((column, at) =>
      padded(shorten(row[at] ?? '', widths[at] ?? 0), widths[at] ?? 0, column.align),
    )
    const share = index === 0 ? 0 : (table.bars?.[index - 1] ?? 0)
    return [...cells, bar(share, barColumns)].join(' '.repeat(gap)).trimEnd()
  })
}

// Takes from the widest name first, because a figure that is cut is wrong, and a name that is cut is short.
function shrink(columns: readonly Column[], widths: number[], room: number): void {
  while (sum(widths) > room) {
    let widest = -1
    for (const [index, column] of columns.entries()) {
      const isName = column.align === 'left' && (widths[index] ?? 0) > SHORTEST_NAME
      if (isName && (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0))) widest = index
    }
    if (widest < 0) return
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
