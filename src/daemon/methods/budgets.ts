// budgets.list: how much of each budget is spent, and what was told of it.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function budgetsHandlers({ alerts }: Parts): HandlersOf<'budgets'> {
  return { 'budgets.list': async () => (await alerts()).list() }
}
