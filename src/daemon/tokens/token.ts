// Bearer tokens: 32 random bytes. Who issued one keeps only its hash, so that a stolen file of hashes opens nothing.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const PREFIX = 'tallyd_'
const FORM = /^tallyd_[A-Za-z0-9_-]{43}$/

/** A new token: `tallyd_` and 43 characters of base64url. Secret. */
export function mintToken(): string {
  return PREFIX + randomBytes(32).toString('base64url')
}

/** SHA-256 as 64 hexadecimal digits. Without salt or stretching: 256 random bits are not guessed. */
export function hashOf(token: string): string {
  return hash('sha256', token, 'hex')
}

/** Whether `token` is the one with that hash, in constant time. */
export function matches(token: string, hash: string): boolean {
  return isSameHash(hashOf(token), hash)
}

/** Whether two hashes are the same one, in constant time. */
export function isSameHash(one: string, other: string): boolean {
  const [given, known] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')]
  return given.length === known.length && timingSafeEqual(given, known)
}

/** The token of an Authorization header (RFC 6750 §2.1), or null. */
export function bearerOf(header: string | undefined): string | null {
  const token = header?.startsWith('Bearer ') ? header.slice('Bearer '.length) : ''
  return isToken(token) ? token : null
}

export function isToken(text: string): boolean {
  return FORM.test(text)
}
