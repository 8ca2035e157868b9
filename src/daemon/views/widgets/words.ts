// What every widget says, before it is escaped for its host: the text, the class, and the lines below it. No relative times:
// what is said stays true until the value changes.
import { amount, count, counted, sparkline } from '../../../contract/figures.ts'
import type { Glance } from '../../../contract/glance.ts'
import { printable } from '../../../contract/printable.ts'
import { shownMoney } from '../../../contract/shown-money.ts'
import type { Facts } from './format.ts'

/**
 * How things stand, the gravest that holds: tallyd does not run; a request waits or a budget is used up; a budget is nearly
 * used up; the first index is not done; a paired device is not live. Hosts with styles get it as a class.
 */
export const CLASSES = ['stopped', 'warning', 'near', 'reading', 'stale', 'ok'] as const
export type WidgetClass = (typeof CLASSES)[number]

export const STOPPED = 'tallyd is not running'
/** What is asked of somebody who sees that. */
export const STOPPED_NEXT = 'run: tallyctl start'

/** Characters of a name; what is longer ends in an ellipsis. */
const LONGEST_NAME = 40
const LABEL_COLUMNS = 13
/** Devices, windows and requests beyond these are counted. */
const MOST_SHOWN = 8
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
/** Warnings where a host knows only colours. */
export const WARNING_COLOUR = '#ffb52a'

/** `◔ $18.42`, and nothing more. */
export function textOf({ glance }: Facts): string {
  if (glance === null) return STOPPED
  return `◔ ${shownMoney(glance.today.calls === 0 ? 0 : glance.today.costUSD, glance.display)}`
}

export function classOf({ glance }: Facts): WidgetClass {
  if (glance === null) return 'stopped'
  const { budgets = [], devices, ready, waiting } = glance
  if (waiting.length > 0 || budgets.some(({ state }) => state === 'over')) return 'warning'
  if (budgets.some(({ state }) => state === 'near')) return 'near'
  if (!ready) return 'reading'
  return devices.some(({ self, freshness }) => !self && freshness !== 'live') ? 'stale' : 'ok'
}

export function isAlarming(facts: Facts): boolean {
  return ['stopped', 'warning'].includes(classOf(facts))
}

/** How much of the fullest budget is used, else of the fullest window; 0 to 100. Null where there is neither. */
export function percentageOf({ glance }: Facts): number | null {
  const budgets = (glance?.budgets ?? []).map(({ spentUSD, limitUSD }) =>
    limitUSD > 0 ? (100 * spentUSD) / limitUSD : 100,
  )
  const windows = (glance?.windows ?? []).flatMap(({ usedPercent }) => usedPercent ?? [])
  const shares = budgets.length > 0 ? budgets : windows
  return shares.length === 0 ? null : Math.min(100, Math.floor(Math.max(...shares)))
}

/** What stands below the text where there is room: lines as tallyctl has them. Names in them are clean, and not escaped. */
export function tooltipOf(facts: Facts): string[] {
  const { glance } = facts
  if (glance === null) return [STOPPED, STOPPED_NEXT]
  return [...totalLines(glance), ...deviceLines(glance), ...limitLines(glance, facts), ...noteLines(glance)]
}

/** One sentence for each request, with its kind. */
export function waitingLines({ glance }: Facts): string[] {
  const waiting = glance?.waiting ?? []
  return limited(waiting.map(({ kind, says }) => `${kind}: ${cut(says, 2 * LONGEST_NAME)}`))
}

function totalLines({ today, month, all, hours, display }: Glance): string[] {
  const rows = [
    ['today', today],
    ['this month', month],
    ['ever', all],
  ] as const
  const costs = rows.map(([, { calls, costUSD }]) => (calls === 0 ? '–' : shownMoney(costUSD, display)))
  const tokens = rows.map(([, spent]) => `${amount(spent.tokens)} tokens`)
  const [costWidth, tokenWidth] = [widest(costs), widest(tokens)]
  const first = hours.findIndex((cost) => cost > 0)
  const drawn = first < 0 ? '' : `   ${sparkline(hours.slice(first))}`
  return rows.map(
    ([name], at) =>
      `${labelled(name)}${costs[at]!.padStart(costWidth)}   ${tokens[at]!.padStart(tokenWidth)}${at === 0 ? drawn : ''}`,
  )
}

/** Nothing where there is one device. */
function deviceLines({ devices, day, display }: Glance): string[] {
  if (devices.length < 2) return []
  const lines = devices.map(({ name, self, freshness, asOf, today }) => {
    const seen =
      freshness === 'live' ? 'live' : asOf === null ? 'never seen' : `last seen ${clock(asOf, day)}`
    const spent = today.calls === 0 ? '–' : shownMoney(today.costUSD, display)
    return `${cut(name)}   ${spent}   ${self ? 'this one' : seen}`
  })
  return under('devices', limited(lines))
}

function limitLines({ windows, budgets = [], day, display }: Glance, { local }: Facts): string[] {
  const limits = windows.map(({ agent, label, usedPercent, resetAt }) => {
    const used = usedPercent === null ? 'unknown' : `${Math.floor(usedPercent)} %`
    const reset = resetAt === null ? '' : `, resets ${clock(local(resetAt), day)}`
    return `${cut(agent)} ${cut(label)} ${used}${reset}`
  })
  const spent = budgets.map(({ period, limitUSD, spentUSD, state }) => {
    const says = state === 'over' ? '   used up' : state === 'near' ? '   nearly used up' : ''
    return `${cut(period)}   ${shownMoney(spentUSD, display)} of ${shownMoney(limitUSD, display)}${says}`
  })
  return [...under('windows', limited(limits)), ...under('budgets', limited(spent))]
}

function noteLines({ waiting, unpriced, ready }: Glance): string[] {
  return [
    ...(waiting.length === 0
      ? []
      : [`${labelled('waiting')}${counted(waiting.length, 'request')}: tallyctl requests`]),
    ...(unpriced === 0
      ? []
      : [`${labelled('unpriced')}${counted(unpriced, 'model')} without a price: tallyctl usage all`]),
    ...(ready ? [] : [`${labelled('reading')}still reading logs, the totals will grow`]),
  ]
}

function under(label: string, lines: readonly string[]): string[] {
  return lines.map((line, at) => `${labelled(at === 0 ? label : '')}${line}`)
}

function limited(lines: readonly string[]): string[] {
  const rest = lines.length - MOST_SHOWN
  return rest <= 0 ? [...lines] : [...lines.slice(0, MOST_SHOWN), `and ${count(rest)} more`]
}

function labelled(label: string): string {
  return label.padEnd(LABEL_COLUMNS)
}

/** `14:02` today, `Mon 14:02` within a week of the day, else the date; `at` is RFC 3339 in the glance's zone. */
function clock(at: string, day: string): string {
  const [date, time] = [at.slice(0, 10), at.slice(11, 16)]
  if (date === day) return time
  const apart = Math.abs(Date.parse(date) - Date.parse(day)) / 86_400_000
  if (!(apart < 7)) return cut(date)
  return `${WEEKDAYS[new Date(date).getUTCDay()]} ${time}`
}

/** A name from elsewhere: one line, nothing that reorders its neighbours, no half characters, and not too long. */
export function cut(name: string, longest = LONGEST_NAME): string {
  const clean = printable(name, '').replaceAll(/\p{Cs}/gu, '')
  const characters = [...clean]
  return characters.length <= longest ? clean : `${characters.slice(0, longest - 1).join('')}…`
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length))
}
