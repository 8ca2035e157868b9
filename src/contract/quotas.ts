// quotas.*: the limits of accounts as they were last observed here. No provider is asked: agents tell them as they go.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'

const textOrNull = Type.Union([Type.String(), Type.Null()])

/** One window of one account. */
export const Quota = Type.Object({
  agent: Type.String(),
  account: Type.Union([Type.String(), Type.Null()], {
    description:
      'a hash of the agent and the id of its account, 32 hexadecimal digits; null where the id is not read',
  }),
  kind: Type.Enum(['session', 'weekly', 'other'], {
    description: 'session: 5 hours; weekly: 7 days; by the length of the window, not by what it is called',
  }),
  label: Type.String({ description: '`5 h`, `week`, else its length' }),
  windowSeconds: Type.Integer({ minimum: 60 }),
  usedPercent: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()], {
    description: 'null once the window has been reset since it was observed: then it is not known',
  }),
  resetAt: textOrNull,
  observedAt: Type.String(),
  device: Type.String({ description: 'name of the device that observed it' }),
})

/** What an agent was seen to tell of its windows, now. */
export const Observed = Type.Object(
  {
    agent: Type.Enum(['claude-code']),
    windows: Type.Array(
      Type.Object(
        {
          windowSeconds: Type.Integer({ minimum: 60, maximum: 31 * 86_400 }),
          usedPercent: Type.Number({ minimum: 0, maximum: 1_000 }),
          resetAt: Type.Optional(Type.String({ minLength: 20, maxLength: 40, description: 'RFC 3339' })),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 8 },
    ),
  },
  { additionalProperties: false },
)

/** The value of quotas.changed. */
export const QuotaList = Type.Object({ quotas: Type.Array(Quota) })

export const quotasMethods = {
  'quotas.list': method({
    summary:
      'The windows of every account as last observed on any device; of several observations of one window the freshest.',
    params: Type.Object({}, { additionalProperties: false }),
    result: QuotaList,
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'usage:read',
    example: { params: {} },
  }),
  'quotas.observe': method({
    summary: 'Tells what an agent said of its windows; `tallyctl statusline` does it.',
    params: Observed,
    result: Type.Object({ observed: Type.Object({ windows: Type.Integer({ minimum: 0 }) }) }),
    errors: ['invalidParams'],
    askers: ['owner'],
    example: {
      params: {
        agent: 'claude-code',
        windows: [{ windowSeconds: 18_000, usedPercent: 42, resetAt: '2026-11-20T17:30:00Z' }],
      },
    },
  }),
} as const

export type Quota = Static<typeof Quota>
export type QuotaList = Static<typeof QuotaList>
export type Observed = Static<typeof Observed>
