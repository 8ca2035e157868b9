// logins.*: tokens of other tallyds that this device holds, bound to its certificate. The daemon does it, since it has the key.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { Label, ScopeList } from './tokens.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])
const url = Type.String({ minLength: 1, maxLength: 300, description: "the other's web address" })

export const Login = Type.Object({
  url: Type.String({ description: 'normalised' }),
  state: Type.Enum(['asking', 'claimed', 'failed', 'leaving'], {
    description: 'leaving: revoked here, and told there as soon as it answers',
  }),
  member: textOrNull,
  scopes: Type.Array(Type.String()),
  /** While it is asking. */
  userCode: textOrNull,
  verificationUri: textOrNull,
  expiresAt: textOrNull,
  why: Type.Union([Type.String(), Type.Null()], { description: 'why it failed, a stable word' }),
})

/** The value of logins.changed. */
export const LoginList = Type.Object({ logins: Type.Array(Login) })

export const loginsMethods = {
  'logins.list': method({
    summary: 'Where this device is logged in, or is about to be.',
    params: Type.Object({}, { additionalProperties: false }),
    result: LoginList,
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'logins.begin': method({
    summary:
      'Asks another tallyd for a token that is bound to this device; answers with the code to show. logins.changed tells what became of it.',
    params: Type.Object(
      {
        url,
        pin: Type.Optional(Type.String({ pattern: '^sha256//[A-Za-z0-9+/]{43}=$' })),
        scopes: Type.Optional(ScopeList),
        label: Type.Optional(Label),
        takeover: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ login: Login }),
    errors: [
      'invalidParams',
      'unreachable',
      'notTallyd',
      'untrustedServer',
      'claimedByOther',
      'tooMany',
      'clonedIdentity',
      'stateUnwritable',
    ],
    askers: ['owner'],
    example: { params: { url: 'https://desk.local:4766' }, note: 'not run by the example test' },
  }),
  'logins.end': method({
    summary: 'Revokes the token and releases the claim, now or when the other side answers again.',
    params: Type.Object({ url }, { additionalProperties: false }),
    result: Type.Object({ ended: Login }),
    errors: ['notLoggedIn', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: { url: 'https://desk.local:4766' }, note: 'not run by the example test' },
  }),
  'logins.call': method({
    summary: 'Calls a method there with the token of that login, over mutual TLS.',
    params: Type.Object(
      {
        url,
        method: Type.String({ minLength: 1, maxLength: 64 }),
        params: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ answer: Type.Unknown({ description: 'the JSON-RPC result' }) }),
    errors: ['notLoggedIn', 'unreachable', 'untrustedServer', 'unauthorized', 'notAllowed'],
    askers: ['owner'],
    example: {
      params: { url: 'https://desk.local:4766', method: 'usage.summary' },
      note: 'not run by the example test',
    },
  }),
} as const

export type Login = Static<typeof Login>
