// `tallyctl` alone: today, this month and ever, in three lines.
import type { Budget } from '../../contract/budgets.ts'
import type { Status } from '../../contract/daemon.ts'
import { EXIT } from '../../contract/errors.ts'
import type { Quota } from '../../contract/quotas.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import type { Figures, Row, Summary } from '../../contract/usage.ts'
import type { Daemon } from '../connection/daemon.ts'
import { sparkline } from '../terminal/bars.ts'
import { budgetAside, type ShownBudget } from '../terminal/budget-words.ts'
import { daysBetween } from '../terminal/days.ts'
import { devicesLine, sameLogsLines } from '../terminal/device-lines.ts'
import { amount } from '../terminal/figures.ts'
import { notReadyLines } from '../terminal/readiness.ts'
import type { Screen } from '../terminal/screen.ts'
import { clean, padded, width } from '../terminal/text.ts'
import { allTokens } from '../terminal/usage-rows.ts'
import { unpricedLines, unpricedNext } from '../terminal/usage-table.ts'
import { windowWords } from '../terminal/window-words.ts'
import { type Command, configOf } from './command.ts'
import { timeZone } from './zone.ts'

export interface Glance {
  readonly today: Summary
  readonly month: Summary
  readonly all: Summary
  readonly quotas: readonly Quota[]
  readonly budgets: readonly Budget[]
}

export const glance: Command = async (asked, at) => {
  const { status, ...totals } = await askGlance(at.daemon, timeZone(asked.value('tz'), at.env))
  if (asked.has('json')) {
    await at.screen.json({ ...totals, status })
    return EXIT.ok
  }
  if (totals.all.total.calls === 0) await at.screen.answer('no calls in any log')
  else
    await at.screen.answer(
      ...glanceLines(totals, at.screen.columns, at.screen),
      ...unpricedLines(totals.all, at.screen),
      ...unpricedNext(totals.all, configOf(at)),
      ...windowLines(totals.quotas),
      ...deviceLines(totals, at.screen),
    )
  const notes = notReadyLines(status)
  if (status !== null && totals.all.total.calls === 0) notes.unshift('where it looked: tallyctl sources')
  if (notes.length > 0) await at.screen.note(...notes.map((line) => at.screen.typed(line)))
  return EXIT.ok
}

/** A line of its own, after an empty one, where there is more than one device. */
function deviceLines({ all }: Glance, screen: Screen): string[] {
  const devices = devicesLine(all, Date.now())
  return [...(devices === null ? [] : ['', devices]), ...sameLogsLines(all, screen)]
}

/** Everything the glance shows, in one exchange; no status of a daemon elsewhere, which is its owner's. */
export async function askGlance(
  daemon: Daemon,
  zone: string | undefined,
): Promise<Glance & { status: Status | null }> {
  const base = zone === undefined ? {} : { timeZone: zone }
  const questions = [
    { method: 'usage.summary', params: { ...base, range: 'today', by: ['hour'] } },
    { method: 'usage.summary', params: { ...base, range: 'month', by: ['day'] } },
    { method: 'usage.summary', params: { ...base, range: 'all', by: ['model'] } },
    { method: 'quotas.list', params: {} },
    { method: 'budgets.list', params: {} },
  ] as const
  if (daemon.url !== null) {
    const [today, month, all, { quotas }, { budgets }] = await daemon.callAll(questions)
    return { today, month, all, quotas, budgets, status: null }
  }
  const [today, month, all, { quotas }, { budgets }, status] = await daemon.callAll([
    ...questions,
    { method: 'daemon.status', params: {} },
  ])
  return { today, month, all, quotas, budgets, status }
}

/** `windows      claude-code 5 h 63 %, resets 17:30   codex week 41 %, resets Mon`; nothing where none is known. */
function windowLines(quotas: readonly Quota[]): string[] {
  const known = quotas.filter(({ usedPercent }) => usedPercent !== null)
  if (known.length === 0) return []
  const now = Date.now()
  return [
    `windows      ${known.map((quota) => `${clean(quota.agent)} ${windowWords(quota, now)}`).join('   ')}`,
  ]
}

/** Three lines: money, tokens, and on a terminal how they lie in time; where there is a budget for the month, how much of it is used. */
export function glanceLines(glance: Glance, columns: number | null, screen: Screen): string[] {
  const { today, month, all } = glance
  const budget = glance.budgets.find(({ period }) => period === 'month')
  const since = all.range.since === null ? '' : `since ${all.range.since.slice(0, 10)}`
  const rows: [string, Figures, string][] = [
    ['today', today.total, drawn(perHour(today.rows), 'by hour')],
    ['this month', month.total, drawn(perDay(month.rows), 'by day')],
    ['ever', all.total, since],
  ]
  const costs = rows.map(([, figures]) =>
    figures.calls === 0 ? '–' : shownMoney(figures.costUSD, all.display),
  )
  const tokens = rows.map(([, figures]) => `${amount(figures.calls === 0 ? 0 : allTokens(figures))} tokens`)
  const [costWidth, tokenWidth] = [widest(costs), widest(tokens)]
  return rows.map(([name, , aside], index) => {
    const cost = padded(costs[index] ?? '', costWidth, 'right')
    const line = `${padded(name, 10, 'left')}   ${cost}   ${padded(tokens[index] ?? '', tokenWidth, 'right')}`
    if (index === 1 && budget !== undefined)
      return withBudget(line, { ...budget, display: all.display }, columns, screen)
    const isShown = columns !== null && aside !== '' && width(line) + 3 + width(aside) <= columns
    return isShown ? `${line}   ${index === 2 ? screen.mark(aside, 'aside') : aside}` : line
  })
}

function withBudget(line: string, budget: ShownBudget, columns: number | null, screen: Screen): string {
  const aside = budgetAside(budget, columns === null ? null : columns - width(line) - 3)
  if (aside === '') return line
  const { state } = budget
  return `${line}   ${state === 'ok' ? aside : screen.mark(aside, state === 'over' ? 'broken' : 'warning')}`
}

// From the first hour with a call to the last, so that the line is as long as the day's work. Hours are counted by
// the moment: on the two days of the year when clocks change, the text of an hour is not its place.
function perHour(rows: readonly Row[]): number[] {
  const at = rows.map((row) => Math.floor(Date.parse(row.hour ?? '') / 3_600_000))
  const first = Math.min(...at)
  const values = Array.from({ length: Math.min(25, Math.max(0, ...at) - first + 1) || 0 }, () => 0)
  for (const [index, row] of rows.entries()) {
    const place = (at[index] ?? first) - first
    if (place >= 0 && place < values.length) values[place] = (values[place] ?? 0) + weight(row)
  }
  return values
}

function perDay(rows: readonly Row[]): number[] {
  const days = rows.flatMap((row) => row.day ?? []).sort()
  const byDay = new Map(rows.map((row) => [row.day, weight(row)]))
  return daysBetween(days[0] ?? '', days.at(-1) ?? '', 31).map((day) => byDay.get(day) ?? 0)
}

/** A sparkline and what it shows. */
function drawn(values: readonly number[], says: string): string {
  const line = sparkline(values)
  return line === '' ? '' : `${line} ${says}`
}

function weight(row: Row): number {
  return row.costUSD ?? 0
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(width))
}
