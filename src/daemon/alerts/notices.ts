// What a notification says. Names come from other devices and clients: what would end a line, be markup, or reorder its neighbours
// is replaced, because some desktops read markup and others show it as it is.
import type { BudgetCrossed, BudgetFound, MissingDevice } from '../../contract/budgets.ts'
import type { Display } from '../../contract/money.ts'
import { printable } from '../../contract/printable.ts'
import type { Request } from '../../contract/requests.ts'
import { shownMoney } from '../../contract/shown-money.ts'

export interface Notice {
  readonly kind: 'budget' | 'request'
  /** Our own words alone. */
  readonly title: string
  readonly body: string
}

const [LONGEST_NAME, LONGEST_BODY] = [40, 240]
/** More devices are counted, not named. */
const MOST_NAMED = 3

const ADJECTIVES = { day: 'daily', week: 'weekly', month: 'monthly' } as const
const SPANS = { day: 'today', week: 'this week', month: 'this month' } as const

/** `percent` is the threshold that was crossed. */
export function budgetNotice(
  { period, spentUSD, limitUSD, unpricedTokens }: BudgetFound,
  percent: BudgetCrossed['percent'],
  missing: readonly MissingDevice[],
  display?: Display,
): Notice {
  const budget = `the ${ADJECTIVES[period]} budget`
  const says = [`${shownMoney(spentUSD ?? 0, display)} of ${shownMoney(limitUSD, display)} ${SPANS[period]}`]
  if (unpricedTokens > 0) says.push('and tokens without a price')
  if (missing.length > 0) says.push(`not counted as of now: ${namesOf(missing)}`)
  return {
    kind: 'budget',
    title: percent === 100 ? `tallyd: ${budget} is used up` : `tallyd: 80 % of ${budget} is used`,
    body: bounded(says.join('; ')),
  }
}

/** Never a code: neither the digits of a comparison nor what an enrolment is approved with. */
export function requestNotice(request: Request): Notice {
  const { name, address } = request.from
  const who = `"${safe(name)}" at ${safe(address)}`
  const says =
    request.kind === 'transfer'
      ? `${who} wants to send ${request.items === 1 ? 'a secret or a configuration' : `${request.items} secrets and configurations`}`
      : request.kind === 'pairing'
        ? `${who} wants to pair`
        : `claims to be ${who}, wants ${request.scopes.map(safe).join(', ')}`
  return {
    kind: 'request',
    title: 'tallyd: a request waits',
    body: bounded(`${says}; see: tallyctl requests`),
  }
}

function namesOf(missing: readonly MissingDevice[]): string {
  const names = missing.slice(0, MOST_NAMED).map(({ name }) => safe(name))
  const rest = missing.length - names.length
  return rest === 0 ? names.join(', ') : `${names.join(', ')} and ${rest} more`
}

/** Look-alikes instead of escapes: notify-send reads backslashes, desktops read tags and entities, and not all of them do. */
const REPLACED: Readonly<Record<string, string>> = {
  '<': '‹',
  '>': '›',
  '&': '＆',
  '\\': '＼',
  '"': "'",
}

function safe(text: string): string {
  const line = printable(text, ' ')
    .replaceAll(/\p{Cs}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return cut(line, LONGEST_NAME).replaceAll(/[<>&\\"]/g, (character) => REPLACED[character] ?? '')
}

function bounded(body: string): string {
  return cut(body, LONGEST_BODY)
}

function cut(text: string, longest: number): string {
  const characters = [...text]
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`
}
