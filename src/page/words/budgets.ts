// Budgets in words; the same as tallyctl's.
import type { BudgetFound } from '../../contract/budgets.ts'
import type { Display } from '../../contract/money.ts'
import { shownMoney } from '../../contract/shown-money.ts'

/** `$18.42 of $25.00`, in the config's currency. */
export function spentOfSays(
  { spentUSD, limitUSD }: Pick<BudgetFound, 'spentUSD' | 'limitUSD'>,
  display: Display | undefined,
): string {
  return `${shownMoney(spentUSD, display)} of ${shownMoney(limitUSD, display)}`
}

/** `73 %`, `91 %: nearly used up`, `120 %: used up`; what has no price is in no sum. */
export function stateSays({
  percent,
  state,
  unpricedTokens,
}: Pick<BudgetFound, 'percent' | 'state' | 'unpricedTokens'>): string {
  const used = percent === null ? 'not known' : `${Math.floor(percent)} %`
  const says = state === 'over' ? `${used}: used up` : state === 'near' ? `${used}: nearly used up` : used
  return unpricedTokens > 0 ? `${says}, and tokens without a price` : says
}
