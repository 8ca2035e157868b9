// requests.*: whatever waits for the owner's yes.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { Direction } from './pairing.ts'
import { IdentityMode, Label, Lifetime, MemberName, ScopeList } from './tokens.ts'

const id = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'of a request; may be left out where only one waits',
})
const userCode = Type.String({
  minLength: 1,
  maxLength: 64,
  description:
    'of an enrolment: eight letters from the screen of the client that asks, in any case, with spaces or hyphens or without',
})

const on = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    description:
      'a paired device, whose enrolments are meant instead of those here; it has to have given this one the right. For the owner alone',
  }),
)

export const PairingRequest = Type.Object({
  id: Type.String(),
  kind: Type.Literal('pairing'),
  /** What both screens must show; the owner compares it. */
  digits: Type.Optional(Type.String({ description: 'six digits; must be the same on the other screen' })),
  from: Type.Object({
    id: Type.String(),
    name: Type.String({ description: 'a claim, until it is paired' }),
    address: Type.String(),
  }),
  direction: Direction,
  /** Whether this device asked, or the other one did. */
  ours: Type.Boolean(),
  openedAt: Type.String(),
  expiresAt: Type.String(),
})

/** A client that wants a token. Its code is never in here: it has to be read off the client's own screen. */
export const EnrolmentRequest = Type.Object({
  id: Type.String(),
  kind: Type.Literal('enrolment'),
  from: Type.Object({
    id: Type.Union([Type.String(), Type.Null()], {
      description: 'the fingerprint of the device that asks for a token bound to its certificate; else null',
    }),
    name: Type.String({ description: 'what it claims to be' }),
    address: Type.String(),
  }),
  clientId: Type.String(),
  scopes: Type.Array(Type.String(), { description: 'what it wants' }),
  claimedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'the member that has claimed this device already',
  }),
  takeover: Type.Boolean({ description: 'it wants to be claimed by another member than it is' }),
  openedAt: Type.String(),
  expiresAt: Type.String(),
})

/** A paired device that wants to send something; it is looked at with `tallyctl receive`, before anything is saved. */
export const TransferRequest = Type.Object({
  id: Type.String(),
  kind: Type.Literal('transfer'),
  transfer: Type.String({ description: 'for transfers.accept' }),
  from: Type.Object({
    id: Type.String({ description: 'fingerprint' }),
    name: Type.String({ description: 'as it is called here' }),
    address: Type.String(),
  }),
  items: Type.Integer({ minimum: 1, description: 'secrets and configurations together, as it says' }),
  openedAt: Type.String(),
  expiresAt: Type.String(),
})

export const Request = Type.Union([PairingRequest, EnrolmentRequest, TransferRequest])

/** The value of requests.changed. */
export const RequestList = Type.Object({ requests: Type.Array(Request) })

const Granted = Type.Object({
  member: Type.String(),
  scopes: Type.Array(Type.String()),
  label: Type.String(),
  identity: Type.String({ description: 'its identity mode' }),
  expiresAt: Type.Union([Type.String(), Type.Null()]),
})

export const Approved = Type.Object({ approved: Request, granted: Type.Optional(Granted) })
export const Denied = Type.Object({ denied: Request })

export const requestsMethods = {
  'requests.list': method({
    summary:
      'Whatever waits for the owner: pairings by comparing, enrolments, never with their codes, and what paired devices want to send.',
    params: Type.Object({ on }, { additionalProperties: false }),
    result: RequestList,
    errors: ['noSuchDevice', 'notGranted', 'unreachable', 'notAllowed'],
    askers: ['owner', 'launch', 'device', 'token'],
    scope: 'requests:approve',
    example: { params: {} },
  }),
  'requests.approve': method({
    summary:
      'Says yes. A comparison needs the digits, which must be those that the daemon shows: whoever says them has seen them. An enrolment needs the code from the client, which has to be that of `id` where one is given, and the member that the token is for.',
    params: Type.Object(
      {
        id: Type.Optional(id),
        digits: Type.Optional(Type.String({ pattern: '^[0-9]{6}$' })),
        code: Type.Optional(userCode),
        member: Type.Optional(MemberName),
        newMember: Type.Optional(MemberName),
        scopes: Type.Optional(ScopeList),
        label: Type.Optional(Label),
        expiresIn: Type.Optional(Lifetime),
        identity: Type.Optional(IdentityMode),
        takeover: Type.Optional(Type.Boolean()),
        on,
      },
      { additionalProperties: false },
    ),
    result: Approved,
    errors: [
      'noSuchRequest',
      'needsDigits',
      'needsReview',
      'wrongDigits',
      'needsUserCode',
      'noSuchCode',
      'codesPaused',
      'needsMember',
      'noSuchMember',
      'memberExists',
      'scopeTooWide',
      'selfApproval',
      'claimedByOther',
      'invalidParams',
      'tooMany',
      'stateUnwritable',
      'noSuchDevice',
      'notGranted',
      'unreachable',
      'notAllowed',
    ],
    askers: ['owner', 'launch', 'device', 'token'],
    scope: 'requests:approve',
    example: { params: { digits: '482913' }, note: 'not run by the example test' },
  }),
  'requests.deny': method({
    summary:
      'Says no; a pairing is refused for that source for 10 minutes. An enrolment is named by id or code.',
    params: Type.Object(
      { id: Type.Optional(id), code: Type.Optional(userCode), on },
      { additionalProperties: false },
    ),
    result: Denied,
    errors: [
      'noSuchRequest',
      'noSuchCode',
      'codesPaused',
      'noSuchDevice',
      'notGranted',
      'unreachable',
      'notAllowed',
    ],
    askers: ['owner', 'launch', 'device', 'token'],
    scope: 'requests:approve',
    example: { params: {}, note: 'not run by the example test' },
  }),
  'requests.open': method({
    summary:
      'Which enrolment a link is about, once: the link that a client shows beside its code. Saying yes still needs the code.',
    params: Type.Object(
      { link: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) },
      { additionalProperties: false },
    ),
    result: Type.Object({ opened: EnrolmentRequest }),
    errors: ['linkUsed', 'linkExpired', 'noSuchRequest'],
    askers: ['owner', 'launch'],
    example: { params: { link: 'x'.repeat(43) }, note: 'not run by the example test' },
  }),
} as const

export type Request = Static<typeof Request>
export type PairingRequest = Static<typeof PairingRequest>
export type EnrolmentRequest = Static<typeof EnrolmentRequest>
export type TransferRequest = Static<typeof TransferRequest>
export type RequestList = Static<typeof RequestList>
export type Approved = Static<typeof Approved>
export type Denied = Static<typeof Denied>
export type Granted = Static<typeof Granted>
