// The number that two humans compare, and the commitment that keeps anyone from choosing it.
import { createHash } from 'node:crypto'
import { requireBytes } from './machine.ts'

/** Six digits. */
const NUMBERS = 1_000_000n

/** One comparison, as both sides know it: A initiates, B answers. All of them 32 bytes. */
export interface Compared {
  readonly fingerprintA: Uint8Array
  readonly fingerprintB: Uint8Array
  readonly exporter: Uint8Array
}

/** SHA256("tallyd/sas/commit/1" ‖ fpB ‖ fpA ‖ E ‖ Nb): B is bound to its nonce before it learns A's. */
export function commitmentTo(nonceB: Uint8Array, { fingerprintA, fingerprintB, exporter }: Compared): Buffer {
  return hashOf('tallyd/sas/commit/1', [fingerprintB, fingerprintA, exporter, nonceB])
}

/**
 * u64(SHA256("tallyd/sas/1" ‖ fpA ‖ fpB ‖ E ‖ Na ‖ Nb)) mod 10^6, zero-padded to six digits. The u64 is the first eight
 * bytes, most significant first.
 */
export function digitsOf(nonceA: Uint8Array, nonceB: Uint8Array, compared: Compared): string {
  const { fingerprintA, fingerprintB, exporter } = compared
  const hash = hashOf('tallyd/sas/1', [fingerprintA, fingerprintB, exporter, nonceA, nonceB])
  return String(hash.readBigUInt64BE(0) % NUMBERS).padStart(6, '0')
}

/** Every part has 32 bytes, so no two lists of parts give the same bytes. */
function hashOf(label: string, parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256').update(label)
  for (const part of parts) {
    requireBytes(part, 32, 'part of the number')
    hash.update(part)
  }
  return hash.digest()
}
