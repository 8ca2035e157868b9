// Every method's handler, one file a noun.
import { accessHandlers } from './access.ts'
import { auditHandlers } from './audit.ts'
import { budgetsHandlers } from './budgets.ts'
import { configsHandlers } from './configs.ts'
import { daemonHandlers } from './daemon.ts'
import { devicesHandlers } from './devices.ts'
import { discoveryHandlers } from './discovery.ts'
import { displaysHandlers } from './displays.ts'
import { doctorHandlers } from './doctor.ts'
import { eventsHandlers } from './events.ts'
import { glanceHandlers } from './glance.ts'
import type { Handlers } from './handlers.ts'
import { identityHandlers } from './identity.ts'
import { loginsHandlers } from './logins.ts'
import { pairingHandlers } from './pairing.ts'
import type { Parts } from './parts.ts'
import { plansHandlers } from './plans.ts'
import { quotasHandlers } from './quotas.ts'
import { requestsHandlers } from './requests.ts'
import { secretsHandlers } from './secrets.ts'
import { sharingHandlers } from './sharing.ts'
import { snapshotHandlers } from './snapshot.ts'
import { tokensHandlers } from './tokens.ts'
import { transfersHandlers } from './transfers.ts'
import { usageHandlers } from './usage.ts'
import { vaultHandlers } from './vault.ts'

export function createHandlers(parts: Parts): Handlers {
  return {
    ...daemonHandlers(parts),
    ...usageHandlers(parts),
    ...quotasHandlers(parts),
    ...budgetsHandlers(parts),
    ...plansHandlers(parts),
    ...snapshotHandlers(parts),
    ...devicesHandlers(parts),
    ...glanceHandlers(parts),
    ...pairingHandlers(parts),
    ...requestsHandlers(parts),
    ...discoveryHandlers(parts),
    ...tokensHandlers(parts),
    ...accessHandlers(parts),
    ...displaysHandlers(parts),
    ...loginsHandlers(parts),
    ...sharingHandlers(parts),
    ...transfersHandlers(parts),
    ...identityHandlers(parts),
    ...vaultHandlers(parts),
    ...secretsHandlers(parts),
    ...configsHandlers(parts),
    ...auditHandlers(parts),
    ...eventsHandlers(),
    ...doctorHandlers(parts),
  }
}
