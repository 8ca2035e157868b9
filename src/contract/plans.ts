// plans.list: what a subscription costs a month, against what the same tokens would have cost by the call.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { displayed } from './money.ts'

const MonthSpent = Type.Object({
  since: Type.String({ description: "RFC 3339 in the system's zone" }),
  until: Type.String({ description: 'RFC 3339, exclusive' }),
  costUSD: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description:
      "what the agent's tokens of all devices would have cost; null where none of them has a price",
  }),
  unpricedTokens: Type.Integer({ minimum: 0, description: 'of models without a price; they are in no sum' }),
})

export const Plan = Type.Object({
  agent: Type.String(),
  priceUSD: Type.Number({ exclusiveMinimum: 0, description: 'a month' }),
  month: MonthSpent,
  lastMonth: MonthSpent,
})

export const plansMethods = {
  'plans.list': method({
    summary:
      'Every plan of the config: its price a month, and what the tokens of this month and the last would have cost.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ ...displayed, plans: Type.Array(Plan) }),
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'usage:read',
    example: { params: {} },
  }),
} as const

export type Plan = Static<typeof Plan>
