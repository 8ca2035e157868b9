// plans.list: subscriptions against what their tokens would have cost.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function plansHandlers({ views }: Parts): HandlersOf<'plans'> {
  return { 'plans.list': async () => (await views()).plans() }
}
