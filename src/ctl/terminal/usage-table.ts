// A usage.summary as a table: keys, cost, calls, tokens, bar; then the total, and what has no price.
import type { Display } from '../../contract/money.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Figures, Summary } from '../../contract/usage.ts'
import { amount, count, counted } from './figures.ts'
import type { Screen } from './screen.ts'
import { type Column, tableLines } from './table.ts'
import { clean } from './text.ts'
import { allTokens, labels, measureOf, sortedRows, withEmptyDays } from './usage-rows.ts'

/** A summary's lines by what they are, so that a low window can leave out the right ones. */
export interface UsageTable {
  readonly head: string
  readonly rows: readonly string[]
  /** The total, then what has no price. */
  readonly foot: readonly string[]
}

/** The lines of a summary with at least one call; `columns` as in tableLines. */
export function usageLines(summary: Summary, columns: number | null, screen: Screen): string[] {
  const { head, rows, foot } = usageTable(summary, columns, screen)
  return [head, ...rows, ...foot]
}

/** The same, by what the lines are. */
export function usageTable(summary: Summary, columns: number | null, screen: Screen): UsageTable {
  const { by } = summary
  const rows = withEmptyDays(sortedRows(summary), by)
  const label = labels(rows, columns !== null)
  const onlyCalls = by.includes('tool')
  const measure = measureOf(summary)
  const most = rows.reduce((largest, row) => Math.max(largest, measure(row)), 0)
  const cells = rows.map((row) => by.map((key) => label(row, key)))
  const named = columns === null ? cells : withoutRepeats(cells)
  const titles: Column[] = by.map((key) => ({ title: key, align: 'left' }))
  const lines = tableLines(
    {
      columns: [...(by.length === 0 ? [blank] : titles), ...figureColumns(onlyCalls)],
      rows: rows.map((row, index) => [
        ...(named[index] ?? []),
        ...figureCells(row, onlyCalls, summary.display),
      ]),
      total: [
        'total',
        ...Array.from({ length: Math.max(0, by.length - 1) }, () => ''),
        ...figureCells(summary.total, onlyCalls, summary.display),
      ],
      ...(most > 0 ? { bars: rows.map((row) => measure(row) / most) } : {}),
    },
    columns,
  )
  return {
    head: lines[0] ?? '',
    rows: lines.slice(1, -1),
    foot: [...lines.slice(-1), ...unpricedLines(summary, screen)],
  }
}

const blank: Column = { title: '', align: 'left' }

/** How many unpriced models are named; a log can hold very many names. */
const MOST_UNPRICED = 5

/** What has no price, with its tokens, the largest first, and how many more; nothing where everything has a price. */
export function unpricedLines(summary: Summary, screen: Screen): string[] {
  if (summary.by.includes('tool')) return []
  const largest = [...summary.unpriced].sort((a, b) => b.tokens - a.tokens).slice(0, MOST_UNPRICED)
  const more = summary.unpriced.length - largest.length
  const texts = largest.map(({ model, calls, tokens }) => {
    const name = clean(model) || '(no name)'
    return `${name}: ${counted(calls, 'call')}, ${amount(tokens)} tokens`
  })
  if (more > 0) texts.push(`… and ${count(more)} more: ${screen.typed('tallyctl usage all --json')}`)
  return texts.map((text) => screen.mark(`unpriced   ${text}`, 'warning'))
}

/** Where the prices of unpriced models belong, for beneath `unpricedLines`; nothing where everything has a price. */
export function unpricedNext(summary: Summary, config: string | null): string[] {
  if (summary.unpriced.length === 0 || summary.by.includes('tool')) return []
  return [`to price them: set "prices" in ${config === null ? 'the config file there' : clean(config)}`]
}

function figureColumns(onlyCalls: boolean): Column[] {
  return (onlyCalls ? ['calls'] : ['cost', 'calls', 'tokens']).map((title) => ({ title, align: 'right' }))
}

function figureCells(figures: Figures, onlyCalls: boolean, display: Display | undefined): string[] {
  if (onlyCalls) return [count(figures.calls)]
  if (figures.calls === 0) return ['–', '–', '–']
  return [shownMoney(figures.costUSD, display), count(figures.calls), amount(allTokens(figures))]
}

// A group is named once, above what is in it.
function withoutRepeats(rows: readonly (readonly string[])[]): string[][] {
  return rows.map((row, index) => {
    const above = rows[index - 1]
    let same = above !== undefined
    return row.map((cell, at) => {
      same &&= at < row.length - 1 && above?.[at] === cell
      return same ? '' : cell
    })
  })
}
