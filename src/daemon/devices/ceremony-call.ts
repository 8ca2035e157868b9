// Calls a device at an address for a ceremony: there is no pin yet, so nothing but the ceremony may be said to it.
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { LONGEST_CEREMONY_MESSAGE } from '../../contract/ceremony-words.ts'
import { TallyError } from '../../contract/errors.ts'
import { type CeremonyLine, ceremonyLine } from './ceremony-line.ts'
import { type DialContext, DialError, dial, OWN_ADDRESS } from './dial.ts'
import { DEFAULT_PORT } from './sharing.ts'
import { addressOf, type Peer, readAddress } from './tls.ts'

const HANDSHAKE_MS = 10_000

export interface CeremonyCall {
  readonly peer: Peer
  readonly line: CeremonyLine
  /** As it was dialled. */
  readonly host: string
  readonly port: number
}

/** Throws TallyError invalidParams, unreachable or notTallyd. */
export async function callCeremony(address: string, context: DialContext): Promise<CeremonyCall> {
  const at = addressAt(address)
  const { socket, peer } = await dialStranger(at, context)
  return { ...at, peer, line: await lineOver(socket) }
}

/** Throws TallyError invalidParams. */
export function addressAt(address: string): { host: string; port: number } {
  const at = readAddress(address, DEFAULT_PORT)
  if (at !== null) return at
  throw TallyError.saying(
    'invalidParams',
    `${JSON.stringify(address)} is no address`,
    'write HOST or HOST:PORT',
  )
}

/** A connection to whoever is there. Throws TallyError unreachable or notTallyd. */
export async function dialStranger(at: { host: string; port: number }, context: DialContext) {
  try {
    return await dial({ ...at, pin: null }, context)
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    throw failureAt(at, error)
  }
}

/** What went wrong at an address, with the step that helps against it. */
function failureAt({ host, port }: { host: string; port: number }, error: DialError): TallyError {
  const { code, message, why } = error
  const where = addressOf(host, port)
  if (message === OWN_ADDRESS) {
    return TallyError.saying('notTallyd', `${where} is this device itself`, 'give the address of the other')
  }
  if (why !== 'unreachable') return new TallyError('notTallyd', `${where} (${inWords(error)})`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const next = 'check the name, or give its address; there, tallyctl invite shows it'
    return TallyError.saying('unreachable', `there is no host ${host}`, next)
  }
  if (code === 'ECONNREFUSED') {
    return TallyError.saying('unreachable', `nothing listens at ${where}`, 'there, run: tallyctl invite')
  }
  return new TallyError('unreachable', `${where} (${message})`, unreachableNext(port))
}

/** Node's words for a partner that ended the connection say nothing to a person. */
function inWords({ message }: Error): string {
  return /socket hang up|ECONNRESET|disconnected before secure/.test(message) ? 'it hung up' : message
}

/** Names what is most often in the way. */
function unreachableNext(port: number): string {
  return `there, run: tallyctl invite; if it runs, let its firewall pass TCP port ${port} (ufw: sudo ufw allow ${port}/tcp; firewalld: sudo firewall-cmd --add-port=${port}/tcp)`
}

function lineOver(socket: TLSSocket): Promise<CeremonyLine> {
  const call = new WebSocket('ws://device/v1/ceremony', {
    createConnection: () => socket,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: LONGEST_CEREMONY_MESSAGE,
    perMessageDeflate: false,
  })
  const line = ceremonyLine(call)
  return new Promise((resolve, reject) => {
    call.once('open', () => resolve(line))
    call.once('error', (error) => reject(new TallyError('notTallyd', inWords(error))))
  })
}
