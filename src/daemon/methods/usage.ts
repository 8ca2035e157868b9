// usage.*: totals and sources, from the usage facade.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function usageHandlers(parts: Parts): HandlersOf<'usage'> {
  return {
    'usage.summary': async (params) => (await parts.usage()).summary(params),
    'usage.sources': async () => ({ sources: (await parts.usage()).sources() }),
    'usage.rescan': async () => ({ rescanned: await (await parts.usage()).rescan() }),
  }
}
