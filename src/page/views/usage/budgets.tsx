// Budgets: how much of each all devices together have spent in its period.
import type { BudgetsShown } from '../../shown.ts'
import { spentOfSays, stateSays } from '../../words/budgets.ts'
import { Bar, Figure } from './pieces.tsx'

export function Budgets({ of }: { readonly of: BudgetsShown }) {
  const { budgets, display } = of
  if (budgets.length === 0) return null
  return (
    <section aria-label="budgets" class="cards-beside">
      <h2>budgets</h2>
      <ul>
        {budgets.map((budget) => (
          <li key={budget.period} class="quota">
            <span class="line">
              <span class="name">{budget.period === 'day' ? 'today' : `this ${budget.period}`}</span>
              <Figure>{spentOfSays(budget, display)}</Figure>
            </span>
            <Bar share={(budget.percent ?? 0) / 100} class="plain" />
            <span class={budget.state === 'ok' ? 'seen' : 'seen warning'}>{stateSays(budget)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
