// What every ceremony machine shares: the events it hears, the effects it asks for, and how it fails. The machines are
// pure functions of (state, event); connections, timers, disk and randomness live outside of them.
import type { CeremonyFailure, CeremonyMessage } from '../../contract/ceremony.ts'
import type { Flow } from './flow.ts'

/** Facts of one connection, the same on both sides with `own` and `peer` exchanged. */
export interface Channel {
  /** Fingerprint of our certificate, 32 bytes. */
  readonly own: Uint8Array
  /** Fingerprint of the certificate that the other side presented, 32 bytes. */
  readonly peer: Uint8Array
  /** TLS exporter of this connection, 32 bytes: `E` in docs/pairing.md. */
  readonly exporter: Uint8Array
  /** What the ceremony is for: a code of the one is none of the other. */
  readonly purpose?: 'pair' | 'transfer'
}

/** What can happen to every ceremony, besides its own events. */
export type CommonEvent =
  /** A message, read and validated by `readMessage`; null is one that could not be read. */
  | { readonly type: 'received'; readonly message: CeremonyMessage | null }
  /** The owner, or the daemon for its reasons, ends it; the other side is told. */
  | { readonly type: 'refused'; readonly why: CeremonyFailure }
  | { readonly type: 'timedOut' }
  /** The connection ended. */
  | { readonly type: 'closed' }

export interface Send {
  readonly type: 'send'
  readonly message: CeremonyMessage
}

/** It is over without a pairing: close the connection. `by` says who ended it; what a peer claims is only a claim. */
export interface End {
  readonly type: 'end'
  readonly why: CeremonyFailure
  readonly by: 'us' | 'peer'
}

/** Both sides agree: go on with the settlement on the same connection. */
export interface Agreed {
  readonly type: 'agreed'
  readonly flow: Flow
  /** SPAKE2+'s shared key, 32 bytes; null after comparing. */
  readonly key: Uint8Array | null
}

/** Nothing changes it any more: whatever comes after is dropped without an answer. */
export interface Ended {
  readonly at: 'ended'
}

/** Effects are to be carried out in their order, each finished before the next. */
export interface Step<State, Effect> {
  readonly state: State
  readonly effects: readonly Effect[]
}

const ENDED: Ended = { at: 'ended' }

/** Ends it from our side and tells the other. */
export function fail(why: CeremonyFailure): Step<Ended, Send | End> {
  const abort: Send = { type: 'send', message: { type: 'abort', reason: why } }
  return { state: ENDED, effects: [abort, { type: 'end', why, by: 'us' }] }
}

/** What every machine does with events that are not its own; a received message here is one that it does not expect. */
export function otherwise(event: CommonEvent): Step<Ended, Send | End> {
  if (event.type === 'refused') return fail(event.why)
  if (event.type === 'timedOut') return fail('timedOut')
  if (event.type === 'closed') return { state: ENDED, effects: [{ type: 'end', why: 'closed', by: 'peer' }] }
  if (event.message?.type === 'abort') {
    return { state: ENDED, effects: [{ type: 'end', why: event.message.reason, by: 'peer' }] }
  }
  return fail('outOfOrder')
}

/** Throws where the program, not the peer, made a mistake. */
export function requireBytes(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${bytes.length} bytes, not ${length}`)
}

/** Throws if the channel's facts have wrong lengths; true if the other side presents our own certificate. */
export function isOurselves({ own, peer, exporter }: Channel): boolean {
  requireBytes(own, 32, 'own fingerprint')
  requireBytes(peer, 32, "peer's fingerprint")
  requireBytes(exporter, 32, 'exporter')
  return Buffer.compare(own, peer) === 0
}
