// What the document of members and tokens holds, and whether what was read is that. No secret is in it: only hashes.
import { randomBytes } from 'node:crypto'
import { type IdentityMode, isIdentityMode } from '../../contract/identity-modes.ts'
import type { Scope } from '../../contract/scope-words.ts'
import { isScope } from '../../contract/scope-words.ts'

export interface StoredMember {
  /** 8 hexadecimal digits; names can change. */
  readonly id: string
  readonly name: string
  /** RFC 3339. */
  readonly createdAt: string
}

/** How a token came to be; one by `login` is bound to a device, and is that device's claim. */
export const ORIGINS = ['created', 'rotated', 'enrolled', 'login'] as const

export interface StoredToken {
  /** 8 hexadecimal digits; not secret. */
  readonly id: string
  /** Id of the member. */
  readonly member: string
  readonly label: string
  readonly scopes: readonly Scope[]
  /** Absent in those that were made before there were modes: they have the usual one. */
  readonly identity?: IdentityMode
  /** SHA-256 of the secret, 64 hexadecimal digits. */
  readonly hash: string
  readonly origin: (typeof ORIGINS)[number]
  /** Fingerprint of the certificate that it is bound to (RFC 8705 §3); null for a bearer. */
  readonly device: string | null
  /** RFC 3339. */
  readonly createdAt: string
  /** `owner`, `launch`, `token ID` or `device ID`. */
  readonly createdBy: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
}

export interface TokenData {
  readonly members: readonly StoredMember[]
  readonly tokens: readonly StoredToken[]
}

/** More than a household has; bounds what a loop can make of the document. */
export const MEMBERS_CAP = 500
export const TOKENS_CAP = 5_000
/** Characters of a name, a label or whoever made a token; the contract allows fewer. */
const LONGEST_TEXT = 256

/** 8 hexadecimal digits that none of these has. */
export function newId(taken: readonly { readonly id: string }[]): string {
  for (;;) {
    const id = randomBytes(4).toString('hex')
    if (!taken.some((each) => each.id === id)) return id
  }
}

/** Whether a document is one that this version can go on with. */
export function isTokenData(data: unknown): data is TokenData {
  if (typeof data !== 'object' || data === null) return false
  const { members, tokens } = data as Record<string, unknown>
  if (!isListOf(members, MEMBERS_CAP, isMember) || !isListOf(tokens, TOKENS_CAP, isToken)) return false
  const [owners, held] = [members as StoredMember[], tokens as StoredToken[]]
  const known = new Set(owners.map(({ id }) => id))
  return (
    held.every(({ member }) => known.has(member)) &&
    areDistinct(owners.map(({ name }) => name)) &&
    areDistinct(held.map(({ hash }) => hash))
  )
}

function isListOf(
  value: unknown,
  most: number,
  isOne: (each: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  return (
    Array.isArray(value) &&
    value.length <= most &&
    value.every((each) => typeof each === 'object' && each !== null && isOne(each)) &&
    areDistinct(value.map(({ id }) => id))
  )
}

function isMember({ id, name, createdAt }: Readonly<Record<string, unknown>>): boolean {
  return isId(id) && isText(name) && isTime(createdAt)
}

function isToken(token: Readonly<Record<string, unknown>>): boolean {
  const { id, member, label, scopes, identity, hash, origin, device, createdAt, createdBy } = token
  return (
    isId(id) &&
    isId(member) &&
    isText(label) &&
    isText(createdBy) &&
    // One without would never count as left unused, or never expire.
    isTime(createdAt) &&
    ['lastUsedAt', 'expiresAt'].every((name) => token[name] === null || isTime(token[name])) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string' && isScope(scope)) &&
    (identity === undefined || (typeof identity === 'string' && isIdentityMode(identity))) &&
    isHash(hash) &&
    ORIGINS.some((each) => each === origin) &&
    // A login that is bound to nothing would be a bearer token.
    (isHash(device) || (device === null && origin !== 'login'))
  )
}

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}$/.test(value)
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
