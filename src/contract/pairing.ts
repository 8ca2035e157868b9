// pairing.*: making two devices trust each other. docs/pairing.md has the ceremonies.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { DIRECTIONS } from './words.ts'

const none = Type.Object({}, { additionalProperties: false })

export const Paired = Type.Object({ id: Type.String(), name: Type.String() })

/** What this side wishes: both see each other's totals, it only reads the other's, or it only gives its own. */
export const Direction = Type.Enum(DIRECTIONS)

export const Invitation = Type.Object({
  id: Type.String(),
  state: Type.Enum(['waiting', 'paired', 'expired', 'burnt', 'cancelled']),
  expiresAt: Type.String(),
  attemptsLeft: Type.Integer({ minimum: 0 }),
  failed: Type.Integer({ minimum: 0, description: 'attempts that are over and did not have the code' }),
  /** Addresses that tried a code and did not have it. */
  wrongFrom: Type.Array(Type.String()),
  paired: Type.Union([Paired, Type.Null()]),
})

export const Comparison = Type.Object({
  id: Type.Union([Type.String(), Type.Null()], {
    description: 'of its request; null while there is no number yet',
  }),
  state: Type.Enum(['waiting', 'paired', 'failed']),
  digits: Type.Union([Type.String(), Type.Null()], { description: 'must be the same on both screens' }),
  ours: Type.Boolean({ description: 'whether this device asked' }),
  from: Type.Object({ id: Type.String(), address: Type.String() }),
  expiresAt: Type.String(),
  why: Type.Union([Type.String(), Type.Null()], { description: 'why it failed, a stable word' }),
  paired: Type.Union([Paired, Type.Null()]),
})

/** The value of pairing.changed. */
export const Pairing = Type.Object({
  invitation: Type.Union([Invitation, Type.Null()]),
  comparison: Type.Union([Comparison, Type.Null()]),
})

export const pairingMethods = {
  'pairing.invite': method({
    summary:
      'Opens this device for pairing by code: 5 minutes, one use, 3 attempts. A new invitation replaces the one before.',
    params: Type.Object({ direction: Type.Optional(Direction) }, { additionalProperties: false }),
    result: Type.Object({
      invited: Type.Object({
        id: Type.String(),
        code: Type.String({ description: 'six digits' }),
        expiresAt: Type.String(),
        port: Type.Integer({ minimum: 1, maximum: 65_535 }),
        addresses: Type.Array(Type.String({ description: 'host:port where others can reach this device' })),
      }),
    }),
    errors: ['portTaken', 'clonedIdentity', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test: it opens a port' },
  }),
  'pairing.join': method({
    summary: 'Pairs with the device at an address by the six digits that it shows.',
    params: Type.Object(
      {
        address: Type.String({ minLength: 1, maxLength: 300, description: 'HOST, HOST:PORT or [IPv6]:PORT' }),
        code: Type.String({ pattern: '^[0-9]{6}$' }),
        direction: Type.Optional(Direction),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ paired: Paired }),
    errors: [
      'invalidParams',
      'unreachable',
      'notTallyd',
      'wrongCode',
      'notInvited',
      'pairingFailed',
      'clonedIdentity',
      'portTaken',
      'stateUnwritable',
    ],
    askers: ['owner'],
    example: { params: { address: '192.168.1.31', code: '604218' }, note: 'not run by the example test' },
  }),
  'pairing.compare': method({
    summary:
      'Asks the device at an address to pair by comparing; answers once there is a number. requests.approve says yes to it, pairing.changed tells what became of it.',
    params: Type.Object(
      {
        address: Type.String({ minLength: 1, maxLength: 300, description: 'HOST, HOST:PORT or [IPv6]:PORT' }),
        direction: Type.Optional(Direction),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ comparing: Comparison }),
    errors: [
      'invalidParams',
      'unreachable',
      'notTallyd',
      'pairingFailed',
      'clonedIdentity',
      'portTaken',
      'stateUnwritable',
    ],
    askers: ['owner'],
    example: { params: { address: '192.168.1.31' }, note: 'not run by the example test' },
  }),
  'pairing.cancel': method({
    summary: 'Ends the open invitation and the comparison that this device began.',
    params: none,
    result: Type.Object({ cancelled: Type.Object({ existed: Type.Boolean() }) }),
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'pairing.show': method({
    summary: 'The invitation and the comparison that are open or were last, never with a code.',
    params: none,
    result: Pairing,
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
} as const

export type Comparison = Static<typeof Comparison>
export type Invitation = Static<typeof Invitation>
export type Pairing = Static<typeof Pairing>
export type Paired = Static<typeof Paired>
export type Direction = (typeof DIRECTIONS)[number]
