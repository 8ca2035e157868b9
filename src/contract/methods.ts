// Every method there is. Types, validators, docs and the clients' tables come from here.
import type { Static } from 'typebox'
import { accessMethods } from './access.ts'
import { auditMethods } from './audit.ts'
import { budgetsMethods } from './budgets.ts'
import { configsMethods } from './configs.ts'
import { daemonMethods } from './daemon.ts'
import { devicesMethods } from './devices.ts'
import { discoveryMethods } from './discovery.ts'
import { displaysMethods } from './displays.ts'
import { doctorMethods } from './doctor.ts'
import { eventsMethods } from './events.ts'
import { glanceMethods } from './glance.ts'
import { identityMethods } from './identity.ts'
import { loginsMethods } from './logins.ts'
import { pairingMethods } from './pairing.ts'
import { plansMethods } from './plans.ts'
import { quotasMethods } from './quotas.ts'
import { requestsMethods } from './requests.ts'
import { secretsMethods } from './secrets.ts'
import { sharingMethods } from './sharing.ts'
import { snapshotMethods } from './snapshot.ts'
import { tokensMethods } from './tokens.ts'
import { transfersMethods } from './transfers.ts'
import { usageMethods } from './usage.ts'
import { vaultMethods } from './vault.ts'

export const METHODS = {
  ...daemonMethods,
  ...usageMethods,
  ...quotasMethods,
  ...budgetsMethods,
  ...plansMethods,
  ...snapshotMethods,
  ...devicesMethods,
  ...glanceMethods,
  ...pairingMethods,
  ...requestsMethods,
  ...tokensMethods,
  ...accessMethods,
  ...displaysMethods,
  ...loginsMethods,
  ...discoveryMethods,
  ...sharingMethods,
  ...transfersMethods,
  ...identityMethods,
  ...vaultMethods,
  ...secretsMethods,
  ...configsMethods,
  ...auditMethods,
  ...eventsMethods,
  ...doctorMethods,
} as const

export type MethodName = keyof typeof METHODS
export type Params<M extends MethodName> = Static<(typeof METHODS)[M]['params']>
export type Result<M extends MethodName> = Static<(typeof METHODS)[M]['result']>
