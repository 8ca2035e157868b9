// views.glance: what one look at a status bar shows. Numbers, names, and what waits; never a code, never what was worked on.
import { type Static, Type } from 'typebox'
import { Spent } from './devices.ts'
import { method } from './method.ts'
import { displayed } from './money.ts'
import { FRESHNESSES } from './words.ts'

const moment = Type.String({ description: "RFC 3339 in the glance's zone" })

/** An account's limit as it was last observed. */
export const GlanceWindow = Type.Object({
  agent: Type.String(),
  label: Type.String({ description: 'such as 5 h or week' }),
  usedPercent: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: 'null where unknown' }),
  resetAt: Type.Union([Type.String(), Type.Null()]),
})

export const GlanceBudget = Type.Object({
  period: Type.String({ description: 'day, week or month' }),
  limitUSD: Type.Number({ minimum: 0 }),
  spentUSD: Type.Number({ minimum: 0 }),
  state: Type.Enum(['ok', 'near', 'over']),
})

/** The value of glance.changed. */
export const Glance = Type.Object({
  ...displayed,
  day: Type.String({ description: "YYYY-MM-DD: the day that `today` is, in the glance's zone" }),
  timeZone: Type.String(),
  until: Type.String({ description: 'when that day ends, RFC 3339; later than that, `today` is yesterday' }),
  ready: Type.Boolean({ description: 'false while the first index is not done: the totals will grow' }),
  today: Spent,
  month: Spent,
  all: Spent,
  hours: Type.Array(Type.Number({ minimum: 0 }), {
    maxItems: 26,
    description: "the day's money in dollars, hour by hour from its beginning to the last hour with a call",
  }),
  devices: Type.Array(
    Type.Object({
      name: Type.String(),
      self: Type.Boolean(),
      freshness: Type.Enum(FRESHNESSES),
      asOf: Type.Union([moment, Type.Null()], {
        description: 'when it last told something; null while it is live, and where it never did',
      }),
      today: Spent,
    }),
    { description: 'this one first, then those that are paired' },
  ),
  windows: Type.Array(GlanceWindow),
  budgets: Type.Optional(Type.Array(GlanceBudget)),
  waiting: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Enum(['pairing', 'enrolment', 'transfer']),
      says: Type.String({ description: 'who wants what, in one sentence; its name is a claim' }),
    }),
    { description: "what waits for the owner's yes, without any code" },
  ),
  unpriced: Type.Integer({ minimum: 0, description: 'models without a price, in all history' }),
})

export const GlanceParams = Type.Object(
  {
    timeZone: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: "IANA name; the daemon's own if absent" }),
    ),
  },
  { additionalProperties: false },
)

export const glanceMethods = {
  'views.glance': method({
    summary: 'What a status bar shows: today, this month and ever, the devices, and what waits.',
    params: GlanceParams,
    result: Glance,
    errors: ['unknownTimeZone'],
    askers: ['owner', 'launch'],
    example: { params: { timeZone: 'UTC' } },
  }),
} as const

export type Glance = Static<typeof Glance>
export type GlanceParams = Static<typeof GlanceParams>
