// Members and tokens as they are shown: never a secret, never a hash.
import { USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import type { MemberRow, TokenRow } from '../../contract/tokens.ts'
import { nameOf } from './members.ts'
import type { StoredMember, StoredToken, TokenData } from './token-data.ts'

/** `valid` are the tokens that count. */
export function memberRow({ id, name, createdAt }: StoredMember, valid: readonly StoredToken[]): MemberRow {
  const tokens = valid.filter(({ member }) => member === id)
  const devices = tokens.flatMap(({ origin, device }) => (origin === 'login' ? (device ?? []) : []))
  return { name, createdAt, tokens: tokens.length, devices }
}

/** `lastUsedAt` may be newer than what is stored. */
export function tokenRow(token: StoredToken, data: TokenData, lastUsedAt: string | null): TokenRow {
  const {
    id,
    label,
    scopes,
    identity = USUAL_IDENTITY,
    origin,
    device,
    createdAt,
    createdBy,
    expiresAt,
  } = token
  return {
    id,
    member: nameOf(data, token.member),
    label,
    scopes: [...scopes],
    identity,
    origin,
    device,
    createdAt,
    createdBy,
    lastUsedAt,
    expiresAt,
  }
}
