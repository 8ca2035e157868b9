// When a budget's threshold is crossed, once: a pure function of what the budgets are now and what was told before.
import type { BudgetCrossed, BudgetFound } from '../../contract/budgets.ts'

/** A threshold that was crossed; its period, first day and limit say of which budget. */
export interface Crossing extends BudgetCrossed {
  readonly period: BudgetFound['period']
  /** The period's first day, YYYY-MM-DD. Not its moment: a traveller's Friday is the same Friday in another zone. */
  readonly day: string
  /** A limit that is changed makes another threshold. */
  readonly limitUSD: number
}

/** Told ones that are kept of each period: those before the present one too, because clocks are set back and zones change. */
export const KEPT = 10

/**
 * Crossings that were not told yet, the graver one of a budget last. `at` is RFC 3339. A sum that falls again takes nothing back.
 */
export function newCrossings(
  budgets: readonly BudgetFound[],
  told: readonly Crossing[],
  at: string,
): Crossing[] {
  return budgets.flatMap((budget) =>
    reached(budget)
      .filter((percent) => !told.some((each) => each.percent === percent && isOf(each, budget)))
      .map((percent) => {
        const { period, limitUSD } = budget
        return { period, day: firstDay(budget), limitUSD, percent, at }
      }),
  )
}

/** What is remembered, oldest first, so that the next look knows it. */
export function remembered(told: readonly Crossing[], news: readonly Crossing[]): Crossing[] {
  const all = [...told, ...news]
  return all.filter(({ period }, index) => {
    const younger = all.slice(index + 1).filter((each) => each.period === period)
    return younger.length < KEPT
  })
}

/** Whether that crossing is of this budget, in this period. */
export function isOf(crossing: Crossing, budget: BudgetFound): boolean {
  const { period, day, limitUSD } = crossing
  return period === budget.period && day === firstDay(budget) && limitUSD === budget.limitUSD
}

export function isCrossingList(data: unknown): data is Crossing[] {
  return Array.isArray(data) && data.length <= 3 * KEPT && data.every(isCrossing)
}

function isCrossing(value: unknown): value is Crossing {
  if (typeof value !== 'object' || value === null) return false
  const { period, day, limitUSD, percent, at } = value as Record<string, unknown>
  return (
    ['day', 'week', 'month'].includes(period as string) &&
    typeof day === 'string' &&
    typeof limitUSD === 'number' &&
    (percent === 80 || percent === 100) &&
    typeof at === 'string'
  )
}

function reached({ state }: BudgetFound): BudgetCrossed['percent'][] {
  return state === 'over' ? [80, 100] : state === 'near' ? [80] : []
}

function firstDay({ since }: BudgetFound): string {
  return since.slice(0, 10)
}
