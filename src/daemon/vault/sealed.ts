// The vault as it lies on the disk: a plain header that says where the key is, and everything else encrypted under it. AES-256-GCM
// (NIST SP 800-38D) with a random nonce of 96 bits a write, the header authenticated with it. docs/decisions/0018-the-vault.md.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { SCHEMAS } from '../store/schemas.ts'
import { type Contents, isContents } from './contents.ts'

export const SCHEMA = SCHEMAS.vault
/** Of a key, in bytes. */
export const KEY_BYTES = 32
/** RFC 7914: 32 MiB and about a third of a second for one guess; no other parameters are taken, so that no file can ask for more. */
export const SCRYPT = { N: 2 ** 15, r: 8, p: 3 } as const

const [NONCE_BYTES, TAG_BYTES, ID_BYTES] = [12, 16, 16]

/** Where the key is; `id` is new with every key, `check` tells whether a key is the one. Nothing of it is secret. */
export type KeyHeader = { readonly id: string; readonly check: string } & (
  | { readonly from: 'keychain' | 'file' }
  | { readonly from: 'credential'; readonly salt: string }
  | ({ readonly from: 'passphrase'; readonly salt: string } & typeof SCRYPT)
)

/** Binary is base64. */
export interface Sealed {
  readonly key: KeyHeader
  readonly nonce: string
  /** With the tag behind it. */
  readonly ciphertext: string
}

export function newId(): string {
  return randomBytes(ID_BYTES).toString('hex')
}

/** Whether `key` is the one that this header means: then what does not authenticate is damaged, else it is not ours to judge. */
export function fits(header: KeyHeader, key: Buffer): boolean {
  const [own, told] = [Buffer.from(checkOf(header.id, key), 'hex'), Buffer.from(header.check, 'hex')]
  return own.length === told.length && timingSafeEqual(own, told)
}

/** One way: it tells nothing of a key of 256 bits, and of a passphrase no more than the ciphertext does. */
export function checkOf(id: string, key: Buffer): string {
  return derived(id, key, 'check').toString('hex')
}

export function seal(header: KeyHeader, key: Buffer, contents: Contents): Sealed {
  const nonce = randomBytes(NONCE_BYTES)
  const plain = Buffer.from(JSON.stringify(contents))
  const cipher = createCipheriv('aes-256-gcm', derived(header.id, key, 'contents'), nonce)
  cipher.setAAD(aadOf(header))
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  plain.fill(0)
  return { key: header, nonce: nonce.toString('base64'), ciphertext: encrypted.toString('base64') }
}

/** Null where it does not authenticate, or is not what this version can go on with. Never throws what the contents say. */
export function unseal({ key: header, nonce, ciphertext }: Sealed, key: Buffer): Contents | null {
  const all = Buffer.from(ciphertext, 'base64')
  try {
    const options = { authTagLength: TAG_BYTES }
    const content = derived(header.id, key, 'contents')
    const decipher = createDecipheriv('aes-256-gcm', content, Buffer.from(nonce, 'base64'), options)
    decipher.setAAD(aadOf(header))
    decipher.setAuthTag(all.subarray(-TAG_BYTES))
    const plain = Buffer.concat([decipher.update(all.subarray(0, -TAG_BYTES)), decipher.final()])
    const contents: unknown = JSON.parse(plain.toString('utf8'))
    plain.fill(0)
    return isContents(contents) ? contents : null
  } catch {
    return null
  }
}

export function isSealed(data: unknown): data is Sealed {
  if (typeof data !== 'object' || data === null) return false
  const { key, nonce, ciphertext } = data as Record<string, unknown>
  return (
    isHeader(key) &&
    typeof nonce === 'string' &&
    Buffer.from(nonce, 'base64').length === NONCE_BYTES &&
    typeof ciphertext === 'string' &&
    ciphertext.length > (4 * TAG_BYTES) / 3
  )
}

function isHeader(value: unknown): value is KeyHeader {
  if (typeof value !== 'object' || value === null) return false
  const { id, check, from, salt, ...rest } = value as Record<string, unknown>
  if (!isHex(id, ID_BYTES) || !isHex(check, KEY_BYTES)) return false
  if (from === 'keychain' || from === 'file') return salt === undefined
  if (from === 'credential') return isHex(salt, ID_BYTES)
  const isCostly = Object.entries(SCRYPT).every(([name, cost]) => rest[name] === cost)
  return from === 'passphrase' && isHex(salt, ID_BYTES) && isCostly
}

function isHex(value: unknown, bytes: number): boolean {
  return typeof value === 'string' && value.length === 2 * bytes && /^[0-9a-f]+$/.test(value)
}

/** RFC 5869: what encrypts and what checks are different keys, and others for every id. */
function derived(id: string, key: Buffer, purpose: 'contents' | 'check'): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.from(id, 'hex'), `tallyd vault ${purpose}`, KEY_BYTES))
}

function aadOf(header: KeyHeader): Buffer {
  return Buffer.from(JSON.stringify({ schema: SCHEMA, key: header }))
}
