// logins.*: tokens of other tallyds that this device holds, each bound to its certificate. The daemon asks for them, keeps them and
// shows them, because it has the key; nobody else ever sees one.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { Label, ScopeList } from './tokens.ts'

const none = Type.Object({}, { additionalProperties: false })
const textOrNull = Type.Union([Type.String(), Type.Null()])

/** The web address of the other tallyd, normalised. */
const Url = Type.String({ minLength: 1, maxLength: 300, pattern: '^https?://' })

export const LoginRow = Type.Object({
  id: Type.String({ description: 'of this attempt or this login; not secret' }),
  url: Type.String(),
  state: Type.Enum(['asking', 'claimed', 'leaving', 'failed'], {
    description:
      'asking: waits for a yes there; claimed: there is a token; leaving: logged out here, and the token is still to be revoked there',
  }),
  device: Type.String({ description: 'fingerprint of the certificate that the other tallyd has to present' }),
  address: Type.String({ description: 'host:port of its LAN listener' }),
  label: Type.String(),
  scopes: Type.Array(Type.String(), { description: 'asked for, or granted' }),
  member: textOrNull,
  tokenId: textOrNull,
  since: Type.String(),
  code: Type.Union(
    [
      Type.Object({
        userCode: Type.String({ description: 'to be typed there by who may say yes' }),
        verificationUri: Type.String(),
        expiresAt: Type.String(),
      }),
      Type.Null(),
    ],
    { description: 'while it is asked for' },
  ),
  problem: Type.Union([Type.Object({ code: Type.String(), says: Type.String() }), Type.Null()], {
    description: 'why it failed, or why nothing goes on for the moment',
  }),
})

export const LoginList = Type.Object({ logins: Type.Array(LoginRow) })

export const loginsMethods = {
  'logins.list': method({
    summary: 'Where this device is logged in, where it waits for a yes, and what failed; never a token.',
    params: none,
    result: LoginList,
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'logins.begin': method({
    summary:
      'Asks another tallyd for a token that is bound to this device (RFC 8628 over mutual TLS); answers once there is a code to show. `device` is what its metadata tells as `tallyd_device`, read over a connection that is trusted.',
    params: Type.Object(
      {
        url: Url,
        device: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        address: Type.String({ minLength: 3, maxLength: 300, description: 'host:port of its LAN listener' }),
        scopes: Type.Optional(ScopeList),
        label: Type.Optional(Label),
        takeover: Type.Optional(
          Type.Boolean({
            description: 'in place of another member, to which only the owner there can say yes',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ login: LoginRow }),
    errors: ['unreachable', 'notTallyd', 'notAllowed', 'tooMany', 'invalidParams', 'stateUnreadable'],
    askers: ['owner'],
    example: {
      params: {
        url: 'https://desk.local:4766',
        device: '0'.repeat(64),
        address: 'desk.local:4765',
      },
      note: 'not run by the example test',
    },
  }),
  'logins.end': method({
    summary:
      'Stops asking, or revokes the token there and forgets it; while the other side does not answer it is tried again until it does.',
    params: Type.Object(
      {
        url: Url,
        id: Type.Optional(Type.String({ description: 'only this one of those at the address' })),
        force: Type.Optional(
          Type.Boolean({ description: 'forget it even where it may still be valid there' }),
        ),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({
      ended: Type.Object({
        url: Type.String(),
        tokenId: textOrNull,
        revoked: Type.Boolean({ description: 'false: the other side did not answer yet' }),
      }),
    }),
    errors: ['notLoggedIn', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: { url: 'https://desk.local:4766' }, note: 'not run by the example test' },
  }),
  'logins.call': method({
    summary: 'Calls a method of another tallyd with the token that this device has there.',
    params: Type.Object(
      {
        url: Url,
        method: Type.String({ minLength: 1, maxLength: 100 }),
        params: Type.Optional(Type.Unknown()),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({
      answer: Type.Object(
        {
          result: Type.Optional(Type.Unknown()),
          error: Type.Optional(
            Type.Object({ code: Type.Integer(), message: Type.String() }, { additionalProperties: true }),
          ),
        },
        { description: 'its JSON-RPC response, without id and version' },
      ),
    }),
    errors: ['notLoggedIn', 'unauthorized', 'unreachable', 'notTallyd', 'tooMany'],
    askers: ['owner'],
    example: {
      params: { url: 'https://desk.local:4766', method: 'access.whoami' },
      note: 'not run by the example test',
    },
  }),
} as const

export type LoginRow = Static<typeof LoginRow>
export type LoginList = Static<typeof LoginList>
