// What the tokens of an agent with a plan would have cost by the call, in this month and the last. Pure, as budgets are.
import type { Config } from '../../contract/config.ts'
import type { Plan } from '../../contract/plans.ts'
import { quarterOf } from '../tallies/quarters.ts'
import type { Aggregator } from './aggregate.ts'
import { firstOfMonth, wholePeriod } from './periods.ts'
import type { Share } from './question.ts'
import type { Zone } from './zone.ts'

export interface PlansContext {
  readonly plans: Config['plans']
  readonly shares: readonly Share[]
  readonly aggregator: Aggregator
  readonly zone: Zone
  /** Unix milliseconds. */
  readonly now: number
}

export function plansOf(context: PlansContext): Plan[] {
  const { plans = {}, zone, now } = context
  const today = zone.dayOf(quarterOf(now))
  return Object.entries(plans).map(([agent, { priceUSD }]) => ({
    agent,
    priceUSD,
    month: monthOf(context, agent, today),
    lastMonth: monthOf(context, agent, firstOfMonth(today) - 1),
  }))
}

function monthOf({ shares, aggregator, zone, now }: PlansContext, agent: string, day: number): Plan['month'] {
  const range = wholePeriod('month', zone, day)
  const question = { by: [], range, zone, quarter: quarterOf(now), params: { agents: [agent] } }
  const { total, unpriced } = aggregator.aggregate(shares, question)
  return {
    since: zone.format(range.since),
    until: zone.format(range.until),
    costUSD: total.figures().costUSD,
    unpricedTokens: unpriced.reduce((sum, group) => sum + group.sum.tokens(), 0),
  }
}
