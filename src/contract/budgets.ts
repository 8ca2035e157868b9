// budgets.list: what may be spent a day, a week and a month on all devices together, as the config says, and how much of it is.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { displayed } from './money.ts'

const moment = Type.String({ description: "RFC 3339 in the system's zone" })

/** One budget in the period that it is now. */
export const BudgetFound = Type.Object({
  period: Type.Enum(['day', 'week', 'month'], { description: 'a week begins on Monday' }),
  since: moment,
  until: Type.String({ description: 'RFC 3339, exclusive: when the next period begins' }),
  limitUSD: Type.Number({ exclusiveMinimum: 0 }),
  spentUSD: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'null where something was used and nothing of it has a price',
  }),
  percent: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
    description: 'of the limit, rounded down to a tenth; null with spentUSD',
  }),
  state: Type.Enum(['ok', 'near', 'over'], { description: 'near from 80 % on, over from 100 % on' }),
  unpricedTokens: Type.Integer({ minimum: 0, description: 'of models without a price; they are in no sum' }),
})

/** A threshold that was crossed in this period; told once, whatever the sum does afterwards. */
export const BudgetCrossed = Type.Object({ percent: Type.Enum([80, 100]), at: Type.String() })

export const Budget = Type.Object({ ...BudgetFound.properties, crossed: Type.Array(BudgetCrossed) })

/** A paired device of which something is not in the sums. */
export const MissingDevice = Type.Object({
  name: Type.String(),
  asOf: Type.Union([Type.String(), Type.Null()], {
    description: 'when it told something last; null if never',
  }),
})

/** The value of budgets.changed. */
export const BudgetList = Type.Object({
  ...displayed,
  timeZone: Type.String({ description: "the system's, whose midnight ends a day" }),
  budgets: Type.Array(Budget, { description: 'those that the config names, the shortest period first' }),
  missing: Type.Array(MissingDevice, {
    description: 'paired devices that are away: what they spent since is in no sum',
  }),
})

export const budgetsMethods = {
  'budgets.list': method({
    summary: 'Every budget of the config: how much of it all devices together have spent in this period.',
    params: Type.Object({}, { additionalProperties: false }),
    result: BudgetList,
    errors: [],
    askers: ['owner', 'launch', 'token'],
    scope: 'usage:read',
    example: { params: {} },
  }),
} as const

export type BudgetFound = Static<typeof BudgetFound>
export type BudgetCrossed = Static<typeof BudgetCrossed>
export type Budget = Static<typeof Budget>
export type MissingDevice = Static<typeof MissingDevice>
export type BudgetList = Static<typeof BudgetList>
