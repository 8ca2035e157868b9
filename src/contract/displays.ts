// displays.*: a display that has few keys, or none, gets its token by typing six digits. docs/displays.md.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { IdentityMode, Lifetime, MemberName } from './tokens.ts'

const none = Type.Object({}, { additionalProperties: false })

/** What is known of the window that was opened last; never its code. */
export const DisplayPairing = Type.Object({
  id: Type.String(),
  state: Type.Enum(['waiting', 'claimed', 'expired', 'burnt', 'cancelled']),
  member: Type.String({ description: 'whose token it will be' }),
  expiresAt: Type.String(),
  attempts: Type.Integer({ minimum: 1, description: 'so many wrong codes close it' }),
  rejected: Type.Integer({ minimum: 0 }),
  token: Type.Union([Type.String(), Type.Null()], { description: 'id of the token that was handed out' }),
})

/** The value of displays.changed. */
export const DisplayPairingShown = Type.Object({
  pairing: Type.Union([DisplayPairing, Type.Null()]),
})

export const displaysMethods = {
  'displays.pair': method({
    summary:
      'Opens the web listener to one display for 5 minutes: who sends the six digits gets a token with dashboard:read, once. A new window closes the one before.',
    params: Type.Object(
      {
        member: MemberName,
        identity: Type.Optional(IdentityMode),
        expiresIn: Type.Optional(Lifetime),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({
      pairing: DisplayPairing,
      code: Type.String({ description: 'six digits' }),
      url: Type.String({ description: 'of the web listener, where the display asks' }),
    }),
    errors: ['webClosed', 'invalidParams'],
    askers: ['owner', 'launch'],
    example: { params: { member: 'kitchen display' }, note: 'not run by the example test' },
  }),
  'displays.cancel': method({
    summary: 'Closes the window.',
    params: none,
    result: Type.Object({ cancelled: Type.Object({ existed: Type.Boolean() }) }),
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
  'displays.show': method({
    summary: 'The window that was opened last since the start, and how it ended.',
    params: none,
    result: DisplayPairingShown,
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
} as const

export type DisplayPairing = Static<typeof DisplayPairing>
export type DisplayPairingShown = Static<typeof DisplayPairingShown>
