// What the document of members and tokens holds, and whether what was read is that. No secret is in it: only hashes.
import type { Scope } from '../../contract/scope-words.ts'
import { isScope } from '../../contract/scope-words.ts'

export interface StoredMember {
  /** 8 hexadecimal digits; names can change. */
  readonly id: string
  readonly name: string
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

/** Whether a document is one that this version can go on with. */
export function isTokenData(data: unknown): data is TokenData {
  if (typeof data !== 'object' || data === null) return false
  const { members, tokens } = data as Record<string, unknown>
  if (!isListOf(members, MEMBERS_CAP, isMember) || !isListOf(tokens, TOKENS_CAP, isToken)) return false
  const owners = new Set((members as StoredMember[]).map(({ id }) => id))
  return (tokens as StoredToken[]).every(({ member }) => owners.has(member))
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
    new Set(value.map(({ id }) => id)).size === value.length
  )
}

function isMember({ id, name, createdAt }: Readonly<Record<string, unknown>>): boolean {
  return isId(id) && typeof name === 'string' && typeof createdAt === 'string'
}

function isToken(token: Readonly<Record<string, unknown>>): boolean {
  const { id, member, scopes, hash, origin, device } = token
  const isText = (name: string) => typeof token[name] === 'string'
  const isTimeOrNull = (name: string) =>
    token[name] === null || !Number.isNaN(Date.parse(String(token[name])))
  return (
    isId(id) &&
    isId(member) &&
    ['label', 'createdAt', 'createdBy'].every(isText) &&
    ['lastUsedAt', 'expiresAt'].every(isTimeOrNull) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string' && isScope(scope)) &&
    isHash(hash) &&
    ORIGINS.some((each) => each === origin) &&
    (device === null || isHash(device))
  )
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{8}$/.test(value)
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}
