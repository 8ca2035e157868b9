// How much of each budget all devices together have spent, in the period that it is now. Pure: the clock and the zone are given.
import type { BudgetFound, BudgetList } from '../../contract/budgets.ts'
import type { Config } from '../../contract/config.ts'
import { printable } from '../../contract/printable.ts'
import type { DeviceFacts } from '../devices/devices.ts'
import { quarterOf } from '../tallies/quarters.ts'
import type { Aggregator } from './aggregate.ts'
import { type Period, wholePeriod } from './periods.ts'
import type { Share } from './question.ts'
import type { Zone } from './zone.ts'

/** Without what was told of it, which alerts knows. */
export interface BudgetsFound extends Omit<BudgetList, 'budgets'> {
  readonly budgets: readonly BudgetFound[]
}

export interface BudgetsContext {
  readonly limits: Config['budgets']
  readonly shares: readonly Share[]
  readonly devices: readonly DeviceFacts[]
  readonly aggregator: Aggregator
  readonly zone: Zone
  /** Unix milliseconds. */
  readonly now: number
}

const PERIODS = [
  { period: 'day', key: 'daily' },
  { period: 'week', key: 'weekly' },
  { period: 'month', key: 'monthly' },
] as const

const NANO = 1e9

export function budgetsOf(context: BudgetsContext): BudgetsFound {
  const { limits = {}, devices, zone } = context
  const budgets = PERIODS.flatMap(({ period, key }) => {
    const limitUSD = limits[key]
    return limitUSD === undefined ? [] : [budgetOf(context, period, limitUSD)]
  })
  return { timeZone: zone.name, budgets, missing: budgets.length === 0 ? [] : missingOf(devices) }
}

function budgetOf(
  { shares, aggregator, zone, now }: BudgetsContext,
  period: Period,
  limitUSD: number,
): BudgetFound {
  const range = wholePeriod(period, zone, zone.dayOf(quarterOf(now)))
  const question = { by: [], range, zone, quarter: quarterOf(now), params: {} }
  const { total, unpriced } = aggregator.aggregate(shares, question)
  const spentUSD = total.figures().costUSD
  return {
    period,
    since: zone.format(range.since),
    until: zone.format(range.until),
    limitUSD,
    spentUSD,
    ...standing(spentUSD, limitUSD),
    unpricedTokens: unpriced.reduce((sum, group) => sum + group.sum.tokens(), 0),
  }
}

/** In whole nanodollars, so that exactly 80 % of a limit is 80 % however its fractions are stored. */
export function standing(spentUSD: number | null, limitUSD: number): Pick<BudgetFound, 'percent' | 'state'> {
  if (spentUSD === null) return { percent: null, state: 'ok' }
  const [spent, limit] = [Math.round(spentUSD * NANO), Math.round(limitUSD * NANO)]
  const state = spent >= limit ? 'over' : spent * 5 >= limit * 4 ? 'near' : 'ok'
  return { percent: Math.floor((spent * 1000) / limit) / 10, state }
}

/** Those whose numbers should come here and are older than now, whichever period it is. */
function missingOf(devices: readonly DeviceFacts[]): BudgetsFound['missing'] {
  return devices
    .filter(
      ({ self, state, direction, freshness }) =>
        !self && state === 'paired' && direction !== 'give' && freshness !== 'live',
    )
    .map(({ name, asOf }) => ({ name: printable(name, ''), asOf }))
}
