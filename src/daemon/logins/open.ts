// Reads the logins from the disk.
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Audit } from '../store/audit.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument, TWICE } from '../store/told-document.ts'
import type { Ask } from './issuer.ts'
import { isLoginData, type LoginData } from './login-data.ts'
import { Logins } from './logins.ts'

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
  const { document, unreadable } = await openToldDocument<LoginData>({
    ...TWICE,
    path: paths.logins,
    schema: SCHEMAS.logins,
    check: isLoginData,
    empty: EMPTY,
    incidents,
    code: 'loginsUnreadable',
    whenLost: 'log in again; there, tallyctl tokens shows what is still valid',
    meanwhile: '',
  })
  return new Logins({
    document,
    unreadable:
      unreadable === null ? null : new TallyError('stateUnreadable', `${paths.logins} (${unreadable})`),
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
