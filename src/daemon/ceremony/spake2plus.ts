// SPAKE2+ (RFC 9383), ciphersuite P256-SHA256-HKDF-SHA256-HMAC-SHA256: the arithmetic and the key schedule, without the
// order of messages. Loads @noble/curves, so it is itself loaded only when a code is shown or typed.

import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'

const { Point } = p256
const ORDER = Point.Fn.ORDER
type Point = InstanceType<typeof Point>

/** RFC 9383 §4, P256. */
const M = Point.fromHex('02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f')
const N = Point.fromHex('03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49')

/** SEC 1 §2.3.3, uncompressed: 0x04 ‖ x ‖ y. */
export const SHARE_BYTES = 65
/** 16 more than the order has, so that reducing them leaves no bias that matters. */
export const RANDOM_BYTES = 48

/** What the typed code becomes: both are in [1, order - 1]. */
export interface Secrets {
  readonly w0: bigint
  readonly w1: bigint
}

/** A share that is not a point that the protocol can use (RFC 9383 §6). */
export class BadShare extends Error {
  override readonly name = 'BadShare'
}

/** What both sides agree on before the first message. */
export interface Setting {
  readonly context: Uint8Array
  readonly prover: Uint8Array
  readonly verifier: Uint8Array
}

/** The two shares, and what each side computes from the other's. Points are uncompressed. */
export interface Exchange {
  readonly shareP: Uint8Array
  readonly shareV: Uint8Array
  readonly z: Uint8Array
  readonly v: Uint8Array
}

export interface Keys {
  readonly confirmP: Buffer
  readonly confirmV: Buffer
  readonly shared: Buffer
}

/** An ephemeral scalar in [1, order - 1] from `RANDOM_BYTES` random bytes; never zero. */
export function scalarFrom(random: Uint8Array): bigint {
  if (random.length !== RANDOM_BYTES) throw new RangeError(`a scalar needs ${RANDOM_BYTES} random bytes`)
  return 1n + (bigintOf(random) % (ORDER - 1n))
}

/** §3.2: each half of the output of the password hash, as an integer, modulo the order. Refuses a zero. */
export function secretsFrom(hashed: Uint8Array): Secrets {
  if (hashed.length < 80 || hashed.length % 2 !== 0) throw new RangeError('two halves of at least 40 bytes')
  const half = hashed.length / 2
  const w0 = bigintOf(hashed.subarray(0, half)) % ORDER
  const w1 = bigintOf(hashed.subarray(half)) % ORDER
  return { w0: usable(w0), w1: usable(w1) }
}

/** §3.3: X = x*P + w0*M. */
export function shareOfProver(w0: bigint, x: bigint): Uint8Array {
  return bytesOf(Point.BASE.multiply(usable(x)).add(M.multiply(usable(w0))))
}

/** §3.3: Y = y*P + w0*N. */
export function shareOfVerifier(w0: bigint, y: bigint): Uint8Array {
  return bytesOf(Point.BASE.multiply(usable(y)).add(N.multiply(usable(w0))))
}

/** §3.3, prover: Z = x*(Y - w0*N), V = w1*(Y - w0*N); the cofactor is 1. Throws BadShare. */
export function finishProver({ w0, w1 }: Secrets, x: bigint, shareV: Uint8Array): Pick<Exchange, 'z' | 'v'> {
  const unmasked = pointIn(shareV).subtract(N.multiply(usable(w0)))
  return { z: bytesOf(unmasked.multiply(usable(x))), v: bytesOf(unmasked.multiply(usable(w1))) }
}

/** §3.2: L = w1*P, all that a verifier needs of w1. */
export function registrationOf(w1: bigint): Uint8Array {
  return bytesOf(Point.BASE.multiply(usable(w1)))
}

/** §3.3, verifier: Z = y*(X - w0*M), V = y*L. Throws BadShare. */
export function finishVerifier(
  w0: bigint,
  registration: Uint8Array,
  y: bigint,
  shareP: Uint8Array,
): Pick<Exchange, 'z' | 'v'> {
  const unmasked = pointIn(shareP).subtract(M.multiply(usable(w0)))
  return { z: bytesOf(unmasked.multiply(usable(y))), v: bytesOf(pointIn(registration).multiply(y)) }
}

/** Throws BadShare unless it is an uncompressed point of the curve other than the identity. Its group is of prime order. */
export function requireShare(share: Uint8Array): void {
  pointIn(share)
}

/** §3.3: TT, every part with its length before it. */
export function transcriptOf({ context, prover, verifier }: Setting, exchange: Exchange, w0: bigint): Buffer {
  const { shareP, shareV, z, v } = exchange
  const scalar = Buffer.from(w0.toString(16).padStart(64, '0'), 'hex')
  return withLengths([context, prover, verifier, bytesOf(M), bytesOf(N), shareP, shareV, z, v, scalar])
}

/**
 * §3.4. K_main = Hash(TT); confirmation keys and shared key by HKDF without salt. Another hash and another length of the
 * confirmation keys, in bytes, are those of the RFC's other P-256 suites, by whose vectors this is tested.
 */
export function keySchedule(
  transcript: Uint8Array,
  hash: 'sha256' | 'sha512' = 'sha256',
  macKey?: number,
): Keys {
  const main = createHash(hash).update(transcript).digest()
  const length = macKey ?? main.length
  const derive = (info: string, bytes: number) =>
    Buffer.from(hkdfSync(hash, main, Buffer.alloc(0), info, bytes))
  const confirmation = derive('ConfirmationKeys', 2 * length)
  return {
    confirmP: confirmation.subarray(0, length),
    confirmV: confirmation.subarray(length),
    shared: derive('SharedKey', main.length),
  }
}

/** §3.4: the MAC by which a side confirms that it has the same keys, over the share that the other one sent. */
export function confirmationOf(
  key: Uint8Array,
  share: Uint8Array,
  hash: 'sha256' | 'sha512' = 'sha256',
): Buffer {
  return createHmac(hash, key).update(share).digest()
}

/** §3.3: "the length of S, as an eight-byte little-endian number", before each part. */
export function withLengths(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(part.length))
      return [length, part]
    }),
  )
}

function pointIn(share: Uint8Array): Point {
  if (share.length !== SHARE_BYTES || share[0] !== 0x04)
    throw new BadShare('the share is not an uncompressed point')
  let point: Point
  try {
    point = Point.fromBytes(share)
    point.assertValidity()
  } catch {
    throw new BadShare('the share is not on the curve')
  }
  if (point.is0()) throw new BadShare('the share is the identity')
  return point
}

/** Refuses the identity, which a share of w0*M or w0*N alone leads to. */
function bytesOf(point: Point): Uint8Array {
  if (point.is0()) throw new BadShare('the identity has no place in the protocol')
  return point.toBytes(false)
}

function usable(scalar: bigint): bigint {
  if (scalar <= 0n || scalar >= ORDER) throw new RangeError('a scalar is zero or too large')
  return scalar
}

function bigintOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}
