// doctor.*: every part's self-check, in one report; and the way to one device, step by step.
import { type Static, Type } from 'typebox'
import type { CheckCode } from './doctor-words.ts'
import { method } from './method.ts'

const Shown = Type.Object({
  level: Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('broken')]),
  code: Type.String({ description: 'a stable word for what was found; docs/doctor.md explains each' }),
  subject: Type.String({ description: 'what was looked at, e.g. control socket' }),
  says: Type.String(),
  next: Type.Optional(Type.String({ description: 'what to do about it' })),
})

const checks = Type.Object({ checks: Type.Array(Shown) })

export const doctorMethods = {
  'doctor.run': method({
    summary: 'Runs every self-check now.',
    params: Type.Object({}, { additionalProperties: false }),
    result: checks,
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
  'doctor.device': method({
    summary:
      'Goes to one device now, step by step: name, addresses, connection, TLS, certificate, token, clock, version. Ends with the first step that fails.',
    params: Type.Object(
      { device: Type.String({ minLength: 1, maxLength: 64 }) },
      { additionalProperties: false },
    ),
    result: checks,
    errors: ['noSuchDevice', 'identityUnreadable', 'clonedIdentity'],
    askers: ['owner', 'launch'],
    example: { params: { device: 'laptop' }, note: 'not run by the example test' },
  }),
} as const

/** A check as anybody shows it: a newer daemon may know other words. */
export type ShownCheck = Static<typeof Shown>

/** A check as a part of this version makes it. */
export type Check = Omit<ShownCheck, 'code'> & { readonly code: CheckCode }
