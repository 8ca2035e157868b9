// Reads the logins from the disk.
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Audit } from '../store/audit.ts'
import { type Document, openDocument } from '../store/document.ts'
import type { Quarantine } from '../store/durable-file.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Ask } from './issuer.ts'
import { isLoginData, type LoginData } from './login-data.ts'
import { Logins } from './logins.ts'

const SCHEMA = 1
const EMPTY: LoginData = { logins: [] }

export interface OpenLoginsContext {
  readonly paths: Pick<Paths, 'logins'>
  readonly bus: Bus
  readonly audit: Pick<Audit, 'record'>
  readonly incidents: Incidents
  readonly ask: Ask
  /** Unix milliseconds. */
  readonly now: () => number
}

/** None where there is no file, or where it cannot be read: then none can be added. Never throws. */
export async function openLogins(context: OpenLoginsContext): Promise<Logins> {
  const { paths, bus, audit, incidents, ask, now } = context
  const unreadable = (path: string, says: string, next: string) =>
    incidents.record({ code: 'loginsUnreadable', subject: path, says, next })
  const onQuarantine = ({ path, broken, why, previousUsed }: Quarantine) =>
    unreadable(
      path,
      `${path} could not be used (${why})${broken === null ? '' : `; it is kept as ${broken}`}`,
      previousUsed
        ? 'nothing is lost: its second copy is used'
        : 'log in again; there, tallyctl tokens shows what is still valid',
    )
  let closed: TallyError | null = null
  const document = await openDocument<LoginData>({
    path: paths.logins,
    schema: SCHEMA,
    check: isLoginData,
    empty: EMPTY,
    // No lost file brings back a login that was ended.
    twice: true,
    onQuarantine,
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    unreadable(
      paths.logins,
      `${paths.logins} cannot be read (${why})`,
      'mend its permissions, then restart tallyd',
    )
    closed = new TallyError('stateUnreadable', `${paths.logins} (${why})`)
    return closedDocument(error)
  })
  return new Logins({
    document,
    unreadable: closed,
    ask,
    record: (...what) => audit.record(...what),
    changed: () => bus.emit('loginsChanged'),
    now,
    ticks: () => performance.now(),
    wake(ms, woken) {
      const timer = setTimeout(woken, ms).unref()
      return () => clearTimeout(timer)
    },
  })
}

/** What is there must not be written over. */
function closedDocument(error: unknown): Document<LoginData> {
  return { value: EMPTY, update: () => Promise.reject(error) }
}
