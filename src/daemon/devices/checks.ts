// What doctor says of devices: the identity, the listener, and each device that should be reachable and is not.
import type { Check } from '../../contract/doctor.ts'
import { ERRORS, TallyError } from '../../contract/errors.ts'
import type { Sharing } from '../../contract/sharing.ts'
import type { Identity } from '../identity/identity.ts'
import type { DeviceFacts } from './devices.ts'

export function checkDevices(
  devices: readonly DeviceFacts[],
  sharing: Sharing,
  identity: Identity | TallyError,
): Check[] {
  return [checkIdentity(identity), checkSharing(sharing), ...devices.flatMap(checkDevice)]
}

function checkIdentity(identity: Identity | TallyError): Check {
  const subject = 'identity'
  if (identity instanceof TallyError)
    return { level: 'broken', subject, says: identity.message, next: identity.next }
  const says = identity.fingerprint.slice(0, 8)
  if (!identity.cloned) return { level: 'ok', subject, says }
  return {
    level: 'broken',
    subject,
    says: `${says} was made on another machine: no other device can reach this one`,
    next: 'if this home was moved here, run: tallyctl identity adopt; if it was copied: tallyctl identity new',
  }
}

function checkSharing({ mode, open, port, until, problem }: Sharing): Check {
  const subject = 'sharing'
  if (problem !== null) {
    const next = problem.startsWith(ERRORS.portTaken.says)
      ? 'set lan.port in the config file to a free one, then restart tallyd; it is tried again every 30 s'
      : 'mend it; it is tried again every 30 s'
    return { level: 'broken', subject, says: problem, next }
  }
  if (!open) return { level: 'ok', subject, says: 'off; no port is open' }
  return { level: 'ok', subject, says: mode === 'always' ? `port ${port}` : `port ${port} until ${until}` }
}

function checkDevice({ self, name, state, freshness, asOf, problem, address }: DeviceFacts): Check[] {
  if (self || state !== 'paired') return []
  const seen = asOf === null ? 'never seen' : `last seen ${asOf}`
  if (problem === null) return [{ level: 'ok', subject: name, says: freshness === 'live' ? 'live' : seen }]
  const again = `run: tallyctl devices unpair '${name}', then pair again`
  const at = address === null ? '' : ` at ${address}`
  if (problem.code === 'unreachable' || problem.code === 'noAddress') {
    const next = 'if it runs: check the network, and that no firewall closes its port'
    return [{ level: 'warning', subject: name, says: `${problem.says}${at}; ${seen}`, next }]
  }
  const next = problem.code === 'newerVersion' ? 'update tallyd here' : again
  return [{ level: 'broken', subject: name, says: `${problem.says}${at}; ${seen}`, next }]
}
