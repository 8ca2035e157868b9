// What the document of logins holds, and whether what was read is that. Tokens stand in it, which is why it is readable by nobody else;
// without this device's key they open nothing.
import { isToken } from '../tokens/token.ts'

export interface StoredLogin {
  /** 8 hexadecimal digits; not secret. */
  readonly id: string
  /** The web address that was logged in to, normalised. */
  readonly url: string
  /** Fingerprint of the other tallyd's certificate. */
  readonly device: string
  /** `host:port` of its LAN listener. */
  readonly address: string
  readonly label: string
  readonly scopes: readonly string[]
  readonly member: string | null
  readonly tokenId: string | null
  /** Secret. */
  readonly token: string
  /** RFC 3339. */
  readonly since: string
  /** Whether the token was used: unused it ends there in 10 minutes. */
  readonly confirmed: boolean
  /** Whether it is to be revoked there. */
  readonly leaving: boolean
}

export interface LoginData {
  readonly logins: readonly StoredLogin[]
}

/** More than a person has of other devices; bounds what a loop can make of the document. */
export const LOGINS_CAP = 100
const LONGEST_TEXT = 512
const SCOPES_CAP = 32

/** Whether a document is one that this version can go on with. */
export function isLoginData(data: unknown): data is LoginData {
  if (typeof data !== 'object' || data === null) return false
  const { logins } = data as Record<string, unknown>
  return (
    Array.isArray(logins) &&
    logins.length <= 2 * LOGINS_CAP &&
    logins.every((each) => typeof each === 'object' && each !== null && isLogin(each)) &&
    new Set(logins.map(({ id }) => id)).size === logins.length
  )
}

function isLogin(login: Readonly<Record<string, unknown>>): boolean {
  const { id, url, device, address, label, scopes, member, tokenId, token, since } = login
  return (
    typeof id === 'string' &&
    /^[0-9a-f]{8}$/.test(id) &&
    typeof device === 'string' &&
    /^[0-9a-f]{64}$/.test(device) &&
    [url, address, label].every(isText) &&
    [member, tokenId].every((each) => each === null || isText(each)) &&
    Array.isArray(scopes) &&
    scopes.length <= SCOPES_CAP &&
    scopes.every(isText) &&
    typeof token === 'string' &&
    isToken(token) &&
    typeof since === 'string' &&
    !Number.isNaN(Date.parse(since)) &&
    ['confirmed', 'leaving'].every((name) => typeof login[name] === 'boolean')
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_TEXT
}
