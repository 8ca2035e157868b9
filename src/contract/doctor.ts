// doctor.run: every part's self-check, in one report.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

export const LEVELS = ['ok', 'warning', 'broken'] as const

export const Check = Type.Object({
  level: Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('broken')]),
  subject: Type.String({ description: 'what was looked at, e.g. control socket' }),
  says: Type.String(),
  next: Type.Optional(Type.String({ description: 'what to do about it' })),
})

export const doctorMethods = {
  'doctor.run': method({
    summary: 'Runs every self-check now.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ checks: Type.Array(Check) }),
    errors: [],
    askers: ['owner', 'launch'],
    example: { params: {} },
  }),
} as const

export type Check = Static<typeof Check>
