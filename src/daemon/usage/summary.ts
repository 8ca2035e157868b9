// Answers usage.summary from the ledger: the groups get their names, the rows their order, the range its dates.
import type { Grouping, Row, Summary } from '../../contract/usage.ts'
import { ACTIVITIES } from '../../contract/words.ts'
import { aggregate, type Group, type Sum } from './aggregate.ts'
import { activityOf, agentOf, modelOf } from './ledger/buckets.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PriceBook } from './prices/price-book.ts'
import type { Question } from './question.ts'
import { toolRows } from './tool-summary.ts'
import { dateOf } from './zone.ts'

/** Throws TallyError invalidParams for a grouping that does not go with `tool`. */
export function summarise(ledger: Ledger, prices: PriceBook, question: Question): Summary {
  const { by, zone, deviceName } = question
  const devices = [{ id: null, name: deviceName, self: true, freshness: 'live' as const, asOf: null }]
  const base = { range: { ...printedRange(ledger, question), timeZone: zone.name }, by: [...by], devices }
  if (by.includes('tool')) return { ...base, ...toolRows(ledger, question), unpriced: [] }
  const { groups, total, unpriced } = aggregate(ledger, prices, question)
  return {
    ...base,
    // Without a grouping there is nothing to list but the total.
    rows: by.length === 0 ? [] : rowsOf(groups, ledger, question),
    total: total.figures(),
    unpriced: unpricedOf(ledger, unpriced),
  }
}

/** Rows in time where they are by time, else the costliest first. */
function rowsOf(groups: readonly Group[], ledger: Ledger, question: Question): Row[] {
  const sorted = groups.toSorted(
    (x, y) => x.time - y.time || y.sum.costUSD - x.sum.costUSD || y.sum.tokens() - x.sum.tokens(),
  )
  return sorted.map((group) => {
    const keys = question.by.map((name) => [name, labelOf(name, group, ledger, question)])
    return { ...Object.fromEntries(keys), ...group.sum.figures() } as Row
  })
}

function labelOf(name: Grouping, { time, series }: Group, ledger: Ledger, question: Question): string {
  const { by, zone, deviceName } = question
  if (name === 'day') return dateOf(by.includes('hour') ? zone.dayOf(time) : time)
  if (name === 'hour') return zone.format(time)
  if (name === 'agent') return ledger.agents.nameOf(agentOf(series))
  if (name === 'model') return ledger.models.nameOf(modelOf(series))
  if (name === 'activity') return ACTIVITIES[activityOf(series)] ?? ''
  return deviceName
}

function unpricedOf(ledger: Ledger, sums: ReadonlyMap<number, Sum>): Summary['unpriced'] {
  return [...sums]
    .map(([key, sum]) => ({
      agent: ledger.agents.nameOf(key & 31),
      model: ledger.models.nameOf(key >>> 5),
      calls: sum.calls,
      tokens: sum.tokens(),
    }))
    .sort((x, y) => y.tokens - x.tokens)
}

/** An open end is printed as where history begins, or as the end of this quarter-hour or of what is later still. */
function printedRange(
  ledger: Ledger,
  { range, zone, quarter: now }: Question,
): { since: string | null; until: string } {
  let { since, until } = range
  if (since === null || until === null) {
    const { of, length } = ledger.buckets.table
    let [first, last] = [Number.POSITIVE_INFINITY, now + 1]
    for (let row = 0; row < length; row++) {
      if (of.calls[row] === 0) continue
      first = Math.min(first, of.quarter[row]!)
      last = Math.max(last, of.quarter[row]! + 1)
    }
    if (since === null && Number.isFinite(first)) since = first
    until ??= last
  }
  return { since: since === null ? null : zone.format(since), until: zone.format(until) }
}
