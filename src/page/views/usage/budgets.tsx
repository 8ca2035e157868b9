// Budgets: how much of each all devices together have spent in its period.
import type { Budget } from '../../shown.ts'
import { spentOfSays, stateSays } from '../../words/budgets.ts'
import { Bar, Figure } from './pieces.tsx'

export function Budgets({ budgets }: { readonly budgets: readonly Budget[] }) {
  if (budgets.length === 0) return null
  return (
    <section aria-label="budgets" class="cards-beside">
      <h2>budgets</h2>
      <ul>
        {budgets.map((budget) => (
          <li key={budget.period} class="quota">
            <span class="line">
              <span class="name">{budget.period === 'day' ? 'today' : `this ${budget.period}`}</span>
              <Figure>{spentOfSays(budget)}</Figure>
            </span>
            <Bar share={(budget.percent ?? 0) / 100} class="plain" />
            <span class={budget.state === 'ok' ? 'seen' : 'seen warning'}>{stateSays(budget)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
