// identity.*: who this device is to others.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

const none = Type.Object({}, { additionalProperties: false })

export const Identity = Type.Object({
  id: Type.String({ description: 'SHA-256 of the certificate, 64 hexadecimal digits' }),
  createdAt: Type.String(),
  cloned: Type.Boolean({ description: 'made on another machine: it opens no LAN listener' }),
})

export const identityMethods = {
  'identity.show': method({
    summary: "This device's identity; made when the daemon first ran.",
    params: none,
    result: Type.Object({ identity: Identity }),
    errors: ['identityUnreadable'],
    askers: ['owner'],
    example: { params: {} },
  }),
  'identity.adopt': method({
    summary: 'Says that a moved home is this device now: its identity may be used on this machine.',
    params: none,
    result: Type.Object({ adopted: Identity }),
    errors: ['identityUnreadable', 'stateUnwritable'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
  'identity.renew': method({
    summary: 'Makes a new identity: for others this is a new device, and every pairing has to be made again.',
    params: none,
    result: Type.Object({ renewed: Identity }),
    errors: ['stateUnwritable'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
} as const

export type Identity = Static<typeof Identity>
