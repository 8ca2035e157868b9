// quotas.*: limits of accounts as they were observed.
import { TallyError } from '../../contract/errors.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function quotasHandlers({ quotas }: Parts): HandlersOf<'quotas'> {
  return {
    'quotas.list': async () => ({ quotas: (await quotas()).list() }),
    async 'quotas.observe'(observed) {
      const bad = observed.windows.find(
        ({ resetAt }) => resetAt !== undefined && Number.isNaN(Date.parse(resetAt)),
      )
      if (bad !== undefined) throw new TallyError('invalidParams', 'resetAt is not a time')
      return { observed: { windows: (await quotas()).observe(observed) } }
    },
  }
}
