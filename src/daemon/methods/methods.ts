// Every method's handler, one file a noun.
import { accessHandlers } from './access.ts'
import { auditHandlers } from './audit.ts'
import { daemonHandlers } from './daemon.ts'
import { devicesHandlers } from './devices.ts'
import { discoveryHandlers } from './discovery.ts'
import { doctorHandlers } from './doctor.ts'
import { eventsHandlers } from './events.ts'
import { glanceHandlers } from './glance.ts'
import type { Handlers } from './handlers.ts'
import { identityHandlers } from './identity.ts'
import { loginsHandlers } from './logins.ts'
import { pairingHandlers } from './pairing.ts'
import type { Parts } from './parts.ts'
import { requestsHandlers } from './requests.ts'
import { sharingHandlers } from './sharing.ts'
import { tokensHandlers } from './tokens.ts'
import { usageHandlers } from './usage.ts'

export function createHandlers(parts: Parts): Handlers {
  return {
    ...daemonHandlers(parts),
    ...usageHandlers(parts),
    ...devicesHandlers(parts),
    ...glanceHandlers(parts),
    ...pairingHandlers(parts),
    ...requestsHandlers(parts),
    ...discoveryHandlers(parts),
    ...tokensHandlers(parts),
    ...accessHandlers(parts),
    ...loginsHandlers(parts),
    ...sharingHandlers(parts),
    ...identityHandlers(parts),
    ...auditHandlers(parts),
    ...eventsHandlers(),
    ...doctorHandlers(parts),
  }
}
