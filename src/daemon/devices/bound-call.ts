// One question to a tallyd that this device is logged in to. It need not be paired: what it is known by is the fingerprint of its
// certificate, which was told over a connection that was trusted.
import { TallyError } from '../../contract/errors.ts'
import { type Answered, ask, problemOf, type Question } from './asking.ts'
import { DeviceAgent, type DialContext, DialError, dial, OWN_ADDRESS } from './dial.ts'
import { readAddress } from './tls.ts'

/** The other tallyd's LAN listener. */
export interface Place {
  /** Fingerprint of the certificate that it has to present. */
  readonly device: string
  /** `host:port`. */
  readonly address: string
}

/**
 * Asks once, over a connection of its own; no byte is sent to who presents another certificate. Throws TallyError unreachable,
 * notTallyd or invalidParams.
 */
export async function askBound(place: Place, question: Question, context: DialContext): Promise<Answered> {
  const { device, address } = place
  const at = readAddress(address, 0)
  if (at === null || at.port === 0) throw new TallyError('invalidParams', `${address} is no HOST:PORT`)
  const agent = new DeviceAgent(async () => {
    const connection = await dial({ ...at, pin: null }, context)
    if (connection.peer.fingerprint === device) return connection
    connection.socket.destroy()
    throw new DialError('wrongCertificate', 'another certificate')
  })
  try {
    return await ask(agent, question)
  } catch (error) {
    throw described(error, address)
  } finally {
    agent.destroy()
  }
}

function described(error: unknown, address: string): TallyError {
  if (error instanceof DialError && error.message === OWN_ADDRESS) {
    return TallyError.saying('notTallyd', `${address} is this device itself`, 'log in to another one')
  }
  const { code, says } = problemOf(error)
  if (code === 'wrongCertificate') {
    const next = 'if it was set up anew, log in again; else ask who listens there'
    return TallyError.saying('notTallyd', `${address} does not present the certificate that it had`, next)
  }
  const isSilent = code === 'unreachable' || code === 'noAddress'
  return new TallyError(isSilent ? 'unreachable' : 'notTallyd', `${address} (${says})`)
}
