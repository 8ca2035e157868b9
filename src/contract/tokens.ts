// tokens.* and members.*: narrow keys for what has no certificate, and who they belong to.
import { type Static, Type } from 'typebox'
import { IDENTITY_MODE_NAMES } from './identity-modes.ts'
import { method } from './method.ts'
import { SCOPE_NAMES } from './scope-words.ts'

const none = Type.Object({}, { additionalProperties: false })
const textOrNull = Type.Union([Type.String(), Type.Null()])

/** 1 to 64 characters; what is printable is the daemon's care. */
export const MemberName = Type.String({ minLength: 1, maxLength: 64 })
export const Label = Type.String({ minLength: 1, maxLength: 64 })
export const ScopeList = Type.Array(Type.Enum(SCOPE_NAMES as [string, ...string[]]), {
  minItems: 1,
  maxItems: SCOPE_NAMES.length,
  uniqueItems: true,
})
/** An expiry in seconds from now: a minute to ten years. */
export const Lifetime = Type.Integer({ minimum: 60, maximum: 315_360_000 })
export const IdentityMode = Type.Enum(IDENTITY_MODE_NAMES as [string, ...string[]], {
  description: 'how much of whose account it is its holder is shown; redacted if absent',
})
const tokenId = Type.String({ pattern: '^[0-9a-f]{8}$', description: '8 hexadecimal digits; not secret' })

export const TokenRow = Type.Object({
  id: tokenId,
  member: Type.String(),
  label: Type.String(),
  scopes: Type.Array(Type.String()),
  identity: Type.String({
    description: 'none, redacted or full: how much of whose account it is its holder is shown',
  }),
  origin: Type.Enum(['created', 'rotated', 'enrolled', 'login'], {
    description: 'enrolled: by a code from a client; login: the same, bound to the certificate of a device',
  }),
  device: textOrNull,
  createdAt: Type.String(),
  createdBy: Type.String({
    description: 'owner, launch, `token ID` or `device ID`: who made it, or said yes to it',
  }),
  lastUsedAt: textOrNull,
  expiresAt: textOrNull,
})

export const MemberRow = Type.Object({
  name: Type.String(),
  createdAt: Type.String(),
  tokens: Type.Integer({ minimum: 0 }),
  devices: Type.Array(Type.String(), { description: 'ids of the devices that this member has claimed' }),
})

const Minted = Type.Object({
  ...TokenRow.properties,
  secret: Type.String({ description: 'shown this once; its issuer keeps only a hash' }),
})

export const tokensMethods = {
  'members.list': method({
    summary: 'Who tokens belong to: persons, displays, services.',
    params: none,
    result: Type.Object({ members: Type.Array(MemberRow) }),
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: {} },
  }),
  'members.add': method({
    summary: 'Adds a member without a token.',
    params: Type.Object({ name: MemberName }, { additionalProperties: false }),
    result: Type.Object({ added: MemberRow }),
    errors: ['memberExists', 'invalidParams', 'tooMany', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: { name: 'kitchen display' }, note: 'not run by the example test' },
  }),
  'members.rename': method({
    summary: 'Gives a member another name; its tokens stay as they are.',
    params: Type.Object({ member: MemberName, name: MemberName }, { additionalProperties: false }),
    result: Type.Object({ renamed: MemberRow }),
    errors: ['noSuchMember', 'memberExists', 'invalidParams', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: { member: 'kitchen display', name: 'hall' }, note: 'not run by the example test' },
  }),
  'members.remove': method({
    summary: 'Removes a member and revokes every token of it at once.',
    params: Type.Object(
      { member: MemberName, force: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    ),
    result: Type.Object({ removed: MemberRow }),
    errors: ['noSuchMember', 'lastAdmin', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: { member: 'kitchen display' }, note: 'not run by the example test' },
  }),
  'tokens.list': method({
    summary: 'Every token, never with its secret; for a token without admin those of its own member.',
    params: none,
    result: Type.Object({ tokens: Type.Array(TokenRow) }),
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'any',
    example: { params: {} },
  }),
  'tokens.create': method({
    summary: 'Makes a token and prints its secret once. A member that does not exist yet is added.',
    params: Type.Object(
      {
        member: MemberName,
        scopes: ScopeList,
        label: Type.Optional(Label),
        expiresIn: Type.Optional(Lifetime),
        identity: Type.Optional(IdentityMode),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ token: Minted }),
    errors: ['invalidParams', 'scopeTooWide', 'tooMany', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: {
      params: { member: 'kitchen display', scopes: ['dashboard:read'], label: 'on the fridge' },
      note: 'not run by the example test',
    },
  }),
  'tokens.revoke': method({
    summary:
      'Ends a token at once, with its open connections; a token without admin may end those of its own member.',
    params: Type.Object(
      { id: tokenId, force: Type.Optional(Type.Boolean()) },
      { additionalProperties: false },
    ),
    result: Type.Object({ revoked: TokenRow }),
    errors: ['noSuchToken', 'lastAdmin', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'any',
    example: { params: { id: '0a1b2c3d' }, note: 'not run by the example test' },
  }),
  'tokens.rotate': method({
    summary:
      'Revokes every token of a member and makes one with the scopes of all of them, or with these; its identity mode is the least of theirs, or this.',
    params: Type.Object(
      {
        member: MemberName,
        scopes: Type.Optional(ScopeList),
        label: Type.Optional(Label),
        expiresIn: Type.Optional(Lifetime),
        identity: Type.Optional(IdentityMode),
        force: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ token: Minted, revoked: Type.Array(TokenRow) }),
    errors: ['noSuchMember', 'invalidParams', 'scopeTooWide', 'tooMany', 'lastAdmin', 'stateUnwritable'],
    askers: ['owner', 'launch', 'token'],
    scope: 'admin',
    example: { params: { member: 'kitchen display' }, note: 'not run by the example test' },
  }),
} as const

export type TokenRow = Static<typeof TokenRow>
export type MemberRow = Static<typeof MemberRow>
export type Minted = Static<typeof Minted>
