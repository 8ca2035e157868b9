// budgets.list: how much of each budget is spent, and what was told of it.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { budgetsUnnamed, seesNames } from './shown.ts'

export function budgetsHandlers({ alerts, views }: Parts): HandlersOf<'budgets'> {
  return {
    'budgets.list': async (_, { asker }) => {
      const list = (await alerts()).list()
      return seesNames(asker) ? list : budgetsUnnamed(list, await views())
    },
  }
}
