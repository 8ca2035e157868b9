// A budget in a few words, as several commands show it.
import type { Budget } from '../../contract/budgets.ts'
import type { Display } from '../../contract/money.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import { bar } from './bars.ts'
import { count } from './figures.ts'
import { padded, width } from './text.ts'

const BAR = 10

/** With the currency that its limit is shown in. */
export type ShownBudget = Budget & { readonly display: Display | undefined }

/** `78 %`, rounded down so that nothing is called used up that is not; `–` where nothing has a price. */
export function usedOf({ percent }: Pick<Budget, 'percent'>): string {
  return percent === null ? '–' : `${count(Math.floor(percent))} %`
}

/** 0 to 1, for a bar. */
export function shareOf({ percent }: Pick<Budget, 'percent'>): number {
  return Math.min(1, (percent ?? 0) / 100)
}

/** `███████▊     78 %  of $400.00`, as much of it as has room; in a pipe, where `room` is null, without the bar. */
export function budgetAside(budget: ShownBudget, room: number | null): string {
  const text = `${usedOf(budget)}  of ${shownMoney(budget.limitUSD, budget.display)}`
  if (room === null) return text
  const drawn = `${padded(bar(shareOf(budget), BAR), BAR, 'left')}   ${text}`
  return [drawn, text].find((each) => width(each) <= room) ?? ''
}
