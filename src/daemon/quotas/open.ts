// Reads from the disk what was observed before.
import type { Paths } from '../../contract/paths.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument } from '../store/told-document.ts'
import { isObservation, WINDOWS_CAP } from './observation.ts'
import { type QuotaData, Quotas, type QuotasContext } from './quotas.ts'

const EMPTY: QuotaData = { observations: [] }

export interface OpenQuotasContext extends Omit<QuotasContext, 'document'> {
  readonly paths: Pick<Paths, 'quotas'>
  readonly incidents: Incidents
}

/** Nothing is known where there is no file, or where it cannot be read. Never throws. */
export async function openQuotas({ paths, incidents, ...context }: OpenQuotasContext): Promise<Quotas> {
  const { document } = await openToldDocument<QuotaData>({
    path: paths.quotas,
    schema: SCHEMAS.quotas,
    check: (data): data is QuotaData => isQuotaData(data, context.now()),
    empty: EMPTY,
    incidents,
    code: 'quotasUnreadable',
    whenLost: 'nothing: agents tell their limits again',
    meanwhile: '',
  })
  return new Quotas({ ...context, document })
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
