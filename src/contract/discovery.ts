// discovery.*: who is on the local network. Hints only: anybody there can make them up, and pairing is what proves.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

export const Found = Type.Object({
  id: Type.Union([Type.String(), Type.Null()], { description: 'of a device that is known here' }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'ours for a known device, else what it claims, where its owner has opened it for pairing',
  }),
  shortId: Type.Union([Type.String(), Type.Null()], { description: 'first eight digits; claimed likewise' }),
  addresses: Type.Array(Type.String({ description: 'host:port' })),
  openForPairing: Type.Boolean(),
})

export const discoveryMethods = {
  'discovery.look': method({
    summary:
      'Asks the local network which other devices are there, and answers after about a second with those that were found.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ found: Type.Array(Found) }),
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
} as const

export type Found = Static<typeof Found>
