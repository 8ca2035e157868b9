// usage.*: totals of all devices, and this one's sources.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { viewsFor } from './shown.ts'

export function usageHandlers(parts: Parts): HandlersOf<'usage'> {
  return {
    'usage.summary': async (params, { asker }) => {
      const views = await viewsFor(parts, asker)
      await views.settle()
      return views.summary(params)
    },
    'usage.sources': async () => ({ sources: (await parts.usage()).sources() }),
    'usage.rescan': async () => ({ rescanned: await (await parts.usage()).rescan() }),
  }
}
