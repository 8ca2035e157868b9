// requests.*: whatever waits for the owner's yes.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { Direction } from './pairing.ts'

const id = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'of a request; may be left out where only one waits',
})

export const Request = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['pairing']),
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

/** The value of requests.changed. */
export const RequestList = Type.Object({ requests: Type.Array(Request) })

export const requestsMethods = {
  'requests.list': method({
    summary: 'Whatever waits for the owner: pairings by comparing.',
    params: Type.Object({}, { additionalProperties: false }),
    result: RequestList,
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'requests.approve': method({
    summary:
      'Says yes. A comparison needs the digits, which must be those that the daemon shows: whoever says them has seen them.',
    params: Type.Object(
      { id: Type.Optional(id), digits: Type.Optional(Type.String({ pattern: '^[0-9]{6}$' })) },
      { additionalProperties: false },
    ),
    result: Type.Object({ approved: Request }),
    errors: ['noSuchRequest', 'needsDigits', 'wrongDigits'],
    askers: ['owner'],
    example: { params: { digits: '482913' }, note: 'not run by the example test' },
  }),
  'requests.deny': method({
    summary: 'Says no; a pairing is refused for that source for 10 minutes.',
    params: Type.Object({ id: Type.Optional(id) }, { additionalProperties: false }),
    result: Type.Object({ denied: Request }),
    errors: ['noSuchRequest'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
} as const

export type Request = Static<typeof Request>
