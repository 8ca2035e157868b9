// The receiver's side on the network: goes to the sender, and comes back with a sealed line to it.
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { CeremonyFailure } from '../../../contract/ceremony.ts'
import { CEREMONY_VERSION, LONGEST_CEREMONY_MESSAGE } from '../../../contract/ceremony-words.ts'
import { TallyError } from '../../../contract/errors.ts'
import { NEW_CODE, nothingOffered } from '../../../contract/transfer-words.ts'
import { ATTEMPT_LIVES_MS } from '../../ceremony/invitation.ts'
import type { Channel } from '../../ceremony/machine.ts'
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import { hashOf } from '../../tokens/token.ts'
import { problemOf, Refused, refusalOf } from '../asking.ts'
import { CeremonyEnded, readyToProve } from '../ceremonies.ts'
import { addressAt, dialStranger } from '../ceremony-call.ts'
import { type DialContext, dial } from '../dial.ts'
import { dialAny } from '../dial-any.ts'
import { knockOf } from '../knock.ts'
import type { Member } from '../roster.ts'
import { HANDSHAKE_MS, type Peer, readAddress } from '../tls.ts'
import { type TransferSocket, transferSocket } from './line.ts'

/** Somebody else may hold the place for so long; it is tried again meanwhile, in milliseconds. */
const TRIES_MS = 10_000
const PAUSE_MS = 400
/** All of it: whoever asks the daemon waits for 30 s. */
const LONGEST_MS = 25_000

export interface Fetched {
  readonly line: SealedLine
  /** The sender has handed it out to this device before. */
  readonly again: boolean
}

interface StrangersContext extends DialContext {
  readonly channel: (peer: Peer) => Channel
  /** Throws TallyError where it is not to be talked to. */
  readonly mayMeet: (id: string) => void
}

/** To whoever shows `code` at `address`. Throws TallyError invalidParams, unreachable, notTallyd, wrongCode, notInvited or transferFailed. */
export function fetchByCode(address: string, code: string, context: StrangersContext): Promise<Fetched> {
  const fetching = fetchPatiently(address, code, context)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TallyError('unreachable', `${address}: it took longer than ${LONGEST_MS / 1000} s`))
      // Nobody waits for it any more.
      fetching.then(({ line }) => line.close()).catch(() => undefined)
    }, LONGEST_MS)
  })
  return Promise.race([fetching, late]).finally(() => clearTimeout(timer))
}

async function fetchPatiently(address: string, code: string, context: StrangersContext): Promise<Fetched> {
  const at = addressAt(address)
  const until = performance.now() + TRIES_MS
  for (;;) {
    const { socket, peer } = await dialStranger(at, context)
    try {
      context.mayMeet(peer.fingerprint)
    } catch (error) {
      socket.destroy()
      throw error
    }
    try {
      const channel: Channel = { ...context.channel(peer), purpose: 'transfer' }
      // Before a place there is taken: in a crowd whoever is silent in it is sent away.
      const prove = await readyToProve(channel, code)
      return await fetchOver(await socketOver(socket, peer, {}, '/v1/transfer'), channel, prove)
    } catch (error) {
      const mayPass = error instanceof CeremonyEnded && error.why === 'busy'
      if (!mayPass || performance.now() > until) throw inWords(error, address)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

/** To a paired device that offers a transfer. Throws TallyError unreachable or transferFailed. */
export async function fetchFrom(
  member: Member,
  transfer: string,
  addresses: readonly string[],
  context: DialContext & { readonly channel: (peer: Peer) => Channel },
): Promise<Fetched> {
  const { token } = member
  const targets = addresses.flatMap((address) => readAddress(address, 0) ?? [])
  try {
    if (token === null || targets.length === 0) throw new Refused('noAddress')
    const knock = knockOf(hashOf(token))
    const { socket, peer } = await dialAny(
      targets,
      (target) => dial({ ...target, pin: member, knock }, context),
      (surplus) => surplus.socket.destroy(),
    )
    const headers = { authorization: `Bearer ${token}` }
    const over = await socketOver(socket, peer, headers, `/v1/transfer?id=${transfer}`)
    return await fetchOver(over, context.channel(peer), null, transfer)
  } catch (error) {
    if (error instanceof CeremonyEnded) throw inWords(error, member.name)
    throw new TallyError('unreachable', `${member.name}: ${problemOf(error).says}`)
  }
}

/** `prove` is null where the two are paired. Throws CeremonyEnded. */
async function fetchOver(
  { ceremony, peer, sealed }: TransferSocket,
  channel: Channel,
  prove: Awaited<ReturnType<typeof readyToProve>> | null,
  transfer: string | null = null,
): Promise<Fetched> {
  const deadline = performance.now() + ATTEMPT_LIVES_MS
  const first = await ceremony.next(deadline)
  const greeting = first.type === 'received' ? first.message : null
  try {
    // Whoever is full ends it so, if it says anything.
    if (first.type === 'closed') throw ended('busy')
    if (first.type === 'timedOut') throw ended('timedOut')
    if (greeting?.type === 'abort') throw new CeremonyEnded({ why: greeting.reason, by: 'peer' })
    if (greeting?.type !== 'transfer') throw ended('outOfOrder')
    if (greeting.version !== CEREMONY_VERSION) throw ended('version')
    // A paired device is asked for the one that it told of, and for no other.
    if (transfer !== null && greeting.id !== transfer) throw ended('outOfOrder')
    const again = greeting.state === 'sent'
    const line = (secret: Uint8Array) =>
      sealed({ role: 'receiver', transfer: greeting.id, secret, own: channel.own })
    if (again || prove === null) return { line: line(peer.transferSecret), again }
    const { key } = await prove(ceremony, 'mutual', deadline)
    if (key === null) throw ended('failed')
    return { line: line(key), again }
  } catch (error) {
    ceremony.close()
    throw error
  }
}

function ended(why: CeremonyFailure): CeremonyEnded {
  return new CeremonyEnded({ why, by: 'us' })
}

function socketOver(
  socket: TLSSocket,
  peer: Peer,
  headers: Readonly<Record<string, string>>,
  path: string,
): Promise<TransferSocket> {
  const call = new WebSocket(`ws://device${path}`, {
    createConnection: () => socket,
    headers,
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: LONGEST_CEREMONY_MESSAGE,
    perMessageDeflate: false,
  })
  // Before it is open: what comes first must not be missed.
  const over = transferSocket(call, peer, 4)
  return new Promise((resolve, reject) => {
    // One that ended before it was taken over says nothing of it.
    socket.once('close', () => reject(ended('busy')))
    if (socket.destroyed) return reject(ended('busy'))
    call.once('open', () => resolve(over))
    call.once('unexpected-response', (_request, response) => {
      response.resume()
      socket.destroy()
      reject(refusalOf(response.statusCode))
    })
    call.once('error', () => reject(ended('busy')))
  })
}

const WHY: Readonly<Partial<Record<CeremonyFailure, string>>> = {
  busy: 'somebody else is being served there at this moment',
  version: 'it speaks another version of transfers',
  timedOut: 'it took too long',
  closed: 'the connection ended',
}

function inWords(error: unknown, where: string): unknown {
  if (error instanceof Refused) return new TallyError('transferFailed', `${where}: ${error.message}`)
  if (!(error instanceof CeremonyEnded)) return error
  if (error.why === 'wrongCode') return new TallyError('wrongCode', where, NEW_CODE)
  if (error.why === 'noInvitation') return nothingOffered(where)
  return new TallyError('transferFailed', `${where}: ${WHY[error.why] ?? error.why}`)
}
