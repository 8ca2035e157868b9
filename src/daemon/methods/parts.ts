// What the methods call: the daemon's parts, given to them by the composition root.
import type { WebState } from '../../contract/access.ts'
import type { Result } from '../../contract/methods.ts'
import type { Paths } from '../../contract/paths.ts'
import type { Access } from '../access/access.ts'
import type { DisplayPairings } from '../access/display-pairing.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Devices } from '../devices/devices.ts'
import type { Doctor } from '../doctor/doctor.ts'
import type { Logins } from '../logins/logins.ts'
import type { Quotas } from '../quotas/quotas.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Usage } from '../usage/usage.ts'
import type { Transfers } from '../vault/transfer/transfers.ts'
import type { Vault } from '../vault/vault.ts'
import type { Views } from '../views/views.ts'

export interface Parts {
  readonly version: string
  readonly paths: Paths
  /** Changes when the owner renames this device. */
  readonly deviceName: () => string
  /** RFC 3339. */
  readonly startedAt: string
  /** Usage is loaded after the socket answers; undefined until then. */
  readonly usageIfLoaded: () => Usage | undefined
  readonly usage: () => Promise<Usage>
  readonly requests: Requests
  readonly tokens: () => Promise<Tokens>
  readonly access: () => Promise<Access>
  readonly logins: () => Promise<Logins>
  /** Loaded on the first question about it. */
  readonly vault: () => Promise<Vault>
  readonly displays: () => Promise<DisplayPairings>
  /** The web listener as it is. */
  readonly web: () => WebState
  /** A way in for one browser. Throws TallyError webClosed, tooMany or stateUnwritable. */
  readonly launch: () => Promise<Result<'web.launch'>['launched']>
  /** Throws TallyError stateUnreadable or stateUnwritable. */
  readonly certificate: () => Promise<Result<'web.cert'>['certificate']>
  /** Undefined until the identity is loaded. */
  readonly devicesIfLoaded: () => Devices | undefined
  readonly devices: () => Promise<Devices>
  readonly transfers: () => Promise<Transfers>
  readonly audit: () => Promise<Audit>
  readonly views: () => Promise<Views>
  readonly quotas: () => Promise<Quotas>
  readonly alerts: () => Promise<Alerts>
  readonly doctor: () => Promise<Doctor>
  /** What doctor would show as warning or broken, as last known. */
  readonly problems: () => number
  /** Begins to end the daemon; returns at once. */
  readonly stop: () => void
}
