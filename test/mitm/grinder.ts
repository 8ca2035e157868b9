// Somebody in the middle of a comparison who does what can be done to have both sides show one number: makes certificates until
// they fit, and nonces until they fit. docs/pairing.md says why that is of no use against the commitment.
import { createHash, generateKeyPairSync, hash } from 'node:crypto'
import type { CeremonyMessage } from '../../src/contract/ceremony.ts'
import { type Compared, commitmentTo, digitsOf } from '../../src/daemon/ceremony/digits.ts'
import { decoded, encoded } from '../../src/daemon/ceremony/message.ts'
import type { CeremonyLine } from '../../src/daemon/devices/ceremony-line.ts'
import { selfSigned } from '../../src/daemon/identity/certificate.ts'
import type { Identity } from '../../src/daemon/identity/identity.ts'
import { fingerprintOf } from '../../src/daemon/identity/peer-certificate.ts'
import { identityOf } from '../harness/stranger.ts'
import type { Leg } from './between.ts'

/** What is known of the number: everything but one nonce. */
export interface Unfinished {
  readonly compared: Compared
  /** Null where it is the one that is looked for. */
  readonly nonceA: Uint8Array | null
  readonly nonceB: Uint8Array | null
}

const LABEL = 'tallyd/sas/1'

/** A nonce with which the last `tells` of the six digits are those of `wanted`; null where `tries` found none. */
export function groundNonce(
  { compared, nonceA, nonceB }: Unfinished,
  wanted: string,
  tells = 6,
  tries = Number.POSITIVE_INFINITY,
): Buffer | null {
  const { fingerprintA, fingerprintB, exporter } = compared
  const zeros = Buffer.alloc(32)
  const parts = [Buffer.from(LABEL), fingerprintA, fingerprintB, exporter, nonceA ?? zeros, nonceB ?? zeros]
  const bytes = Buffer.concat(parts)
  const at = bytes.length - (nonceA === null ? 64 : 32)
  const [modulus, rest] = [10n ** BigInt(tells), BigInt(wanted.slice(-tells))]
  for (let tried = 0; tried < tries; tried++) {
    bytes.writeUInt32BE(tried, at)
    if (hash('sha256', bytes, 'buffer').readBigUInt64BE(0) % modulus === rest) {
      return Buffer.from(bytes.subarray(at, at + 32))
    }
  }
  return null
}

/** The comparison as the one in the middle has it with A, which dialled it and takes it for B. */
export function comparedByA({ identity, peer }: Leg): Compared {
  return {
    fingerprintA: Buffer.from(peer.fingerprint, 'hex'),
    fingerprintB: identity.fingerprintBytes,
    exporter: peer.exporter,
  }
}

/** And with B, which it dialled and which takes it for A. */
export function comparedByB({ identity, peer }: Leg): Compared {
  return {
    fingerprintA: identity.fingerprintBytes,
    fingerprintB: Buffer.from(peer.fingerprint, 'hex'),
    exporter: peer.exporter,
  }
}

/** The next message of this type. Throws what came in its place. */
export async function heard<T extends CeremonyMessage['type']>(
  line: CeremonyLine,
  type: T,
): Promise<Extract<CeremonyMessage, { type: T }>> {
  const event = await line.next(performance.now() + 20_000)
  const message = event.type === 'received' ? event.message : null
  if (message?.type !== type) throw new Error(`${type} was awaited: ${JSON.stringify(message ?? event.type)}`)
  return message as Extract<CeremonyMessage, { type: T }>
}

/** Asks B as A would, with an own nonce. Resolves with the number that B shows to its owner from now on. */
export async function numberAtB(line: CeremonyLine, compared: Compared, nonceA: Buffer): Promise<string> {
  line.send({ type: 'start', version: 1, direction: 'mutual', name: 'laptop' })
  await heard(line, 'commitment')
  line.send({ type: 'nonce', nonce: encoded(nonceA) })
  const { nonce } = await heard(line, 'nonce')
  return digitsOf(nonceA, decoded(nonce), compared)
}

/** What the one in the middle opens to A after it has seen A's nonce: what it committed to, or what makes the number fit. */
export type Trick = 'opens what it committed to' | 'opens what fits'

/** Answers A as B would, so that A shows `wanted`. Resolves with what A would show that checks no commitment. */
export async function answerA(
  line: CeremonyLine,
  compared: Compared,
  { wanted, trick, nonce, tells = 6 }: { wanted: string; trick: Trick; nonce: Buffer; tells?: number },
): Promise<string> {
  await heard(line, 'start')
  line.send({
    type: 'commitment',
    direction: 'mutual',
    commitment: encoded(commitmentTo(nonce, compared)),
  })
  const nonceA = decoded((await heard(line, 'nonce')).nonce)
  const fits = trick === 'opens what fits'
  const opened = fits ? groundNonce({ compared, nonceA, nonceB: null }, wanted, tells)! : nonce
  line.send({ type: 'nonce', nonce: encoded(opened) })
  return digitsOf(nonceA, opened, compared)
}

/** A number that is made of two certificates alone, as other tools have it; six digits. */
export function numberOfCertificates(one: string, other: string): string {
  const mac = createHash('sha256').update([one, other].sort().join()).digest()
  return String(mac.readBigUInt64BE(0) % 1_000_000n).padStart(6, '0')
}

/** Two identities, one to show to each of two devices, with which these see the same number of certificates; and how many were made. */
export function groundCertificates(idA: string, idB: string): { faces: [Identity, Identity]; made: number } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const shownToA = new Map<string, Buffer>()
  const shownToB = new Map<string, Buffer>()
  // Each signature is another certificate of the same key; each of one side is held against all of the other.
  for (let made = 1; ; made++) {
    const der = selfSigned(privateKey)
    const id = fingerprintOf(der)
    const [own, others, device] = made % 2 === 0 ? [shownToA, shownToB, idA] : [shownToB, shownToA, idB]
    const number = numberOfCertificates(device, id)
    own.set(number, der)
    if (!others.has(number)) continue
    const faces = [shownToA, shownToB].map((shown) => identityOf(shown.get(number)!, privateKey))
    return { faces: faces as [Identity, Identity], made }
  }
}
