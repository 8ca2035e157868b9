// quotas.*: limits of accounts as they were observed.
import { TallyError } from '../../contract/errors.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { quotasUnnamed, seesNames } from './shown.ts'

export function quotasHandlers({ quotas, views }: Parts): HandlersOf<'quotas'> {
  return {
    'quotas.list': async (_, { asker }) => {
      const list = { quotas: (await quotas()).list() }
      return seesNames(asker) ? list : quotasUnnamed(list, await views())
    },
    async 'quotas.observe'(observed) {
      const bad = observed.windows.find(
        ({ resetAt }) => resetAt !== undefined && Number.isNaN(Date.parse(resetAt)),
      )
      if (bad !== undefined) throw new TallyError('invalidParams', 'resetAt is not a time')
      return { observed: { windows: (await quotas()).observe(observed) } }
    },
  }
}
