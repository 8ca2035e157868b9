// Pairing by code, what both sides share: the setting that binds SPAKE2+ to this connection, and the effects. The one who
// types is the prover (code-prover.ts), the one who shows the code the verifier (code-verifier.ts).
import { timingSafeEqual } from 'node:crypto'
import type { Agreed, Channel, End, Send } from './machine.ts'
import type { Setting } from './spake2plus.ts'

/**
 * Ask the invitation for an attempt: it counts now, before anything leaves that tells a guesser whether it was right.
 * Answer with the event `admitted` or `refused`.
 */
export interface Count {
  readonly type: 'count'
}

export type CodeEffect = Send | Count | Agreed | End

/** Identities are the raw fingerprints, the context is "tallyd/pair/1" ‖ E, or "tallyd/transfer/1" ‖ E. */
export function settingOf(channel: Channel, role: 'prover' | 'verifier'): Setting {
  const { own, peer, exporter, purpose = 'pair' } = channel
  const context = Buffer.concat([Buffer.from(`tallyd/${purpose}/1`, 'ascii'), exporter])
  return role === 'prover'
    ? { context, prover: own, verifier: peer }
    : { context, prover: peer, verifier: own }
}

/** In constant time. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
