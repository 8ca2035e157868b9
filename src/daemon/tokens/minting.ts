// Makes one token for a document: what is to be made, and how it is put there.
import { TallyError } from '../../contract/errors.ts'
import type { IdentityMode } from '../../contract/identity-modes.ts'
import { USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import type { Scope } from '../../contract/scope-words.ts'
import { cleanName } from './members.ts'
import { hashOf, mintToken } from './token.ts'
import { newId, type StoredMember, type StoredToken, TOKENS_CAP, type TokenData } from './token-data.ts'

/** What is to be made. */
export interface Order {
  /** Name of the member. */
  readonly member: string
  /** `must` exist, must be `new`, or is made where it does not exist. */
  readonly exists: 'must' | 'new' | 'either'
  readonly scopes: readonly Scope[]
  /** The usual one if absent. */
  readonly identity?: IdentityMode | undefined
  readonly label: string | undefined
  /** Seconds; undefined for one that does not expire. */
  readonly expiresIn: number | undefined
  readonly origin: StoredToken['origin']
  /** Fingerprint of the device that it is bound to; another token of that device and this origin ends with it. */
  readonly device: string | null
  /** Who makes it: `owner`, `launch`, `token ID`, `device ID`. */
  readonly by: string
}

/** A token with its secret, which is nowhere else. */
export interface Made {
  readonly token: StoredToken
  readonly secret: string
}

/** `now` in Unix milliseconds. Throws TallyError invalidParams or tooMany. */
export function withToken(
  data: TokenData,
  member: StoredMember,
  order: Omit<Order, 'member' | 'exists'>,
  now: number,
): readonly [TokenData, Made] {
  if (data.tokens.length >= TOKENS_CAP) {
    throw new TallyError('tooMany', `${TOKENS_CAP} tokens`, 'revoke some: tallyctl tokens')
  }
  const { scopes, identity = USUAL_IDENTITY, label, origin, device, by, expiresIn } = order
  const secret = mintToken()
  const token: StoredToken = {
    id: newId(data.tokens),
    member: member.id,
    label: label === undefined ? member.name : cleanName(label),
    scopes: [...new Set(scopes)],
    identity,
    hash: hashOf(secret),
    origin,
    device,
    createdAt: new Date(now).toISOString(),
    createdBy: by,
    lastUsedAt: null,
    expiresAt: expiresIn === undefined ? null : new Date(now + expiresIn * 1000).toISOString(),
  }
  return [
    { ...data, tokens: [...data.tokens, token] },
    { token, secret },
  ]
}
