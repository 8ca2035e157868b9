// audit.*: the log of what happened to trust.
import { TallyError } from '../../contract/errors.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { auditUnnamed, seesNames } from './shown.ts'

const LIMIT = 100

export function auditHandlers(parts: Parts): HandlersOf<'audit'> {
  return {
    'audit.list': async ({ since, after, limit = LIMIT }, { asker }) => {
      const list = { entries: await (await parts.audit()).list({ since: instantOf(since), after, limit }) }
      return seesNames(asker) ? list : auditUnnamed(list)
    },
    'audit.verify': async ({ head }) => {
      const [seq, hash] = head?.split(':') ?? []
      const kept = seq === undefined || hash === undefined ? null : { seq: Number(seq), hash }
      return { verified: await (await parts.audit()).verify(kept) }
    },
  }
}

/** Unix milliseconds of an RFC 3339 time. */
function instantOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const isTime = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(text)
  const at = isTime ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(at)) throw new TallyError('invalidRange', JSON.stringify(text), 'use an RFC 3339 time')
  return at
}
