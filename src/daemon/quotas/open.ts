// Reads from the disk what was observed before.
import type { Paths } from '../../contract/paths.ts'
import { openDocument } from '../store/document.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { isObservation, WINDOWS_CAP } from './observation.ts'
import { type QuotaData, Quotas, type QuotasContext } from './quotas.ts'

const EMPTY: QuotaData = { observations: [] }

export interface OpenQuotasContext extends Omit<QuotasContext, 'document'> {
  readonly paths: Pick<Paths, 'quotas'>
  readonly incidents: Incidents
}

const UNREADABLE = 'quotasUnreadable'

/** Nothing is known where there is no file, or where it cannot be read. Never throws. */
export async function openQuotas({ paths, incidents, ...context }: OpenQuotasContext): Promise<Quotas> {
  const told = (says: string, next: string, kept: string | null = null) =>
    incidents.record({
      code: UNREADABLE,
      subject: paths.quotas,
      says,
      next,
      kept,
    })
  const check = (data: unknown): data is QuotaData => isQuotaData(data, context.now())
  try {
    const document = await openDocument<QuotaData>({
      path: paths.quotas,
      schema: SCHEMAS.quotas,
      check,
      empty: EMPTY,
      onQuarantine: ({ path, broken, why }) =>
        told(`${path} could not be used (${why})`, 'nothing: agents tell their limits again', broken),
    })
    incidents.resolve(UNREADABLE)
    return new Quotas({ ...context, document })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    told(`${paths.quotas} cannot be read (${why})`, 'mend its permissions, then restart tallyd')
    const document = { value: EMPTY, update: () => Promise.reject(error) }
    return new Quotas({ ...context, document })
  }
}

function isQuotaData(data: unknown, now: number): data is QuotaData {
  if (typeof data !== 'object' || data === null) return false
  const { observations } = data as { observations?: unknown }
  return (
    Array.isArray(observations) &&
    observations.length <= WINDOWS_CAP &&
    // What is of a clock that was ahead is left out later, and no reason to lose the rest.
    observations.every((each) => isObservation(each, Math.max(now, Number(each?.observedAt))))
  )
}
