// sharing.*: whether other devices can reach this one, and how long.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

const none = Type.Object({}, { additionalProperties: false })

/** The LAN listener. `mode` is what the owner wants, `open` what is so. */
export const Sharing = Type.Object({
  open: Type.Boolean(),
  port: Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.Null()]),
  mode: Type.Enum(['always', 'off', 'window']),
  until: Type.Union([Type.String(), Type.Null()], { description: 'when a window closes by itself' }),
  problem: Type.Union([Type.String(), Type.Null()], {
    description: 'why it is not open although it should be',
  }),
})

export const sharingMethods = {
  'sharing.show': method({
    summary: 'Whether other devices can reach this one.',
    params: none,
    result: Type.Object({ sharing: Sharing }),
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
  'sharing.set': method({
    summary: 'Opens the LAN listener for good or for a while, or closes it.',
    params: Type.Object(
      {
        mode: Type.Enum(['always', 'off', 'window']),
        seconds: Type.Optional(
          Type.Integer({ minimum: 5, maximum: 86_400, description: 'length of the window' }),
        ),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ sharing: Sharing }),
    errors: ['portTaken', 'clonedIdentity', 'stateUnwritable', 'invalidParams'],
    askers: ['owner'],
    example: { params: { mode: 'off' } },
  }),
} as const

export type Sharing = Static<typeof Sharing>
