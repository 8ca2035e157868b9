// Answers usage.summary from the ledger: chooses the buckets, groups them, and prices each before it is summed.
import { ACTIVITIES, type Figures, type Grouping, type Row, type Summary } from '../../contract/usage.ts'
import { activityOf, agentOf, bandOfSeries, modelOf } from './ledger/buckets.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PriceBook } from './prices/price-book.ts'
import { costOf, type ModelRates } from './prices/rates.ts'
import { chosenIds, type Question } from './question.ts'
import { toolRows } from './tool-summary.ts'
import { dateOf } from './zone.ts'

const SUMS = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const

/** Sums of one row; `priced` counts the calls whose model has a price. */
export class Sum {
  calls = 0
  sessions = 0
  webSearches = 0
  input = 0
  output = 0
  cacheRead = 0
  cacheWrite5m = 0
  cacheWrite1h = 0
  reasoning = 0
  costUSD = 0
  priced = 0

  /** Nothing at all costs nothing; something of which no part has a price has no cost. */
  figures(): Figures {
    const { calls, sessions, webSearches, input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning } = this
    return {
      calls,
      sessions,
      tokens: { input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning },
      webSearches,
      costUSD: calls > 0 && this.priced === 0 ? null : roundedToNano(this.costUSD),
    }
  }

  tokens(): number {
    return this.input + this.output + this.cacheRead + this.cacheWrite5m + this.cacheWrite1h
  }
}

/** One dimension of a grouping: a small number for each bucket row, and what it is called. */
interface Dimension {
  readonly name: Grouping
  idOf(row: number): number
  labelOf(id: number): string
}

export function summarise(ledger: Ledger, prices: PriceBook, question: Question): Summary {
  const { by, zone, deviceName } = question
  const devices = [{ id: null, name: deviceName, self: true, freshness: 'live' as const, asOf: null }]
  const base = { range: { ...printedRange(ledger, question), timeZone: zone.name }, by: [...by], devices }
  if (by.includes('tool')) return { ...base, ...toolRows(ledger, question), unpriced: [] }
  const { groups, total, unpriced } = aggregate(ledger, prices, question)
  return { ...base, rows: rowsOf(groups, dimensionsOf(ledger, question)), total: total.figures(), unpriced }
}

interface Group {
  readonly ids: readonly number[]
  readonly sum: Sum
}

interface Aggregate {
  readonly groups: Map<number | string, Group>
  readonly total: Sum
  readonly unpriced: Summary['unpriced']
}

function aggregate(ledger: Ledger, prices: PriceBook, question: Question): Aggregate {
  const { of, length } = ledger.buckets.table
  const dimensions = dimensionsOf(ledger, question)
  const chosen = chooser(ledger, question)
  const ratesOf = rateFinder(ledger, prices)
  const groups = new Map<number | string, Group>()
  const total = new Sum()
  const unpriced = new Map<number, Sum>()
  for (let row = 0; row < length; row++) {
    if (!chosen(row)) continue
    const sum = sumOf(groups, dimensions, row)
    const series = of.series[row]!
    const rates = ratesOf(series)
    add(sum, ledger, row)
    add(total, ledger, row)
    if (rates === null) {
      add(sumIn(unpriced, series >>> 7), ledger, row)
      continue
    }
    scratch.load(ledger, row)
    const cost = costOf(rates.at(bandOfSeries(series), of.quarter[row]!), scratch)
    for (const each of [sum, total]) {
      each.costUSD += cost
      each.priced += of.calls[row]!
    }
  }
  return { groups, total, unpriced: unpricedOf(ledger, unpriced) }
}

/** Most values of each dimension: where their product stays under 2^53, a group is found by one number. */
const SPAN: Readonly<Record<Grouping, number>> = {
  day: 2 ** 17,
  hour: 2 ** 23,
  agent: 32,
  model: 2 ** 16,
  activity: 16,
  tool: 2 ** 16,
  device: 1,
}

function dimensionsOf(ledger: Ledger, { by, zone, deviceName }: Question): Dimension[] {
  const { table } = ledger.buckets
  const make: Readonly<Record<Exclude<Grouping, 'tool'>, Omit<Dimension, 'name'>>> = {
    day: { idOf: (row) => zone.dayOf(table.of.quarter[row]!), labelOf: dateOf },
    hour: { idOf: (row) => zone.hourOf(table.of.quarter[row]!), labelOf: (quarter) => zone.format(quarter) },
    agent: { idOf: (row) => agentOf(table.of.series[row]!), labelOf: (id) => ledger.agents.nameOf(id) },
    model: { idOf: (row) => modelOf(table.of.series[row]!), labelOf: (id) => ledger.models.nameOf(id) },
    activity: { idOf: (row) => activityOf(table.of.series[row]!), labelOf: (id) => ACTIVITIES[id] ?? '' },
    device: { idOf: () => 0, labelOf: () => deviceName },
  }
  return by.filter((name) => name !== 'tool').map((name) => ({ name, ...make[name] }))
}

/** Whether a bucket is asked for: its quarter-hour in the range, its agent and model among those named. */
function chooser(ledger: Ledger, { range, params }: Question): (row: number) => boolean {
  const { of } = ledger.buckets.table
  const since = range.since ?? 0
  const until = range.until ?? Number.POSITIVE_INFINITY
  const agents = chosenIds(ledger.agents.list, params.agents)
  const models = chosenIds(ledger.models.list, params.models)
  return (row) => {
    const quarter = of.quarter[row]!
    if (quarter < since || quarter >= until || of.calls[row] === 0) return false
    const series = of.series[row]!
    return (agents?.has(agentOf(series)) ?? true) && (models?.has(modelOf(series)) ?? true)
  }
}

function rateFinder(ledger: Ledger, prices: PriceBook): (series: number) => ModelRates | null {
  const known = new Map<number, ModelRates | null>()
  return (series) => {
    const key = series >>> 7
    let rates = known.get(key)
    if (rates === undefined) {
      rates = prices.ratesOf(ledger.agents.nameOf(agentOf(series)), ledger.models.nameOf(modelOf(series)))
      known.set(key, rates)
    }
    return rates
  }
}

function add(sum: Sum, ledger: Ledger, row: number): void {
  const { of } = ledger.buckets.table
  sum.calls += of.calls[row]!
  sum.sessions += of.sessions[row]!
  sum.webSearches += of.webSearches[row]!
  for (const name of SUMS) sum[name] += of[name][row]!
}

/** One bucket's tally for pricing; reused, because there may be half a million. */
const scratch = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  webSearches: 0,
  load(ledger: Ledger, row: number): void {
    const { of } = ledger.buckets.table
    this.input = of.input[row]!
    this.output = of.output[row]!
    this.cacheRead = of.cacheRead[row]!
    this.cacheWrite5m = of.cacheWrite5m[row]!
    this.cacheWrite1h = of.cacheWrite1h[row]!
    this.webSearches = of.webSearches[row]!
  },
}

/** The sum of the group that a bucket belongs to. */
function sumOf(groups: Map<number | string, Group>, dimensions: readonly Dimension[], row: number): Sum {
  let number = 0
  let span = 1
  for (const { name, idOf } of dimensions) {
    number = number * SPAN[name] + idOf(row)
    span *= SPAN[name]
  }
  const key = span <= 2 ** 53 ? number : dimensions.map(({ idOf }) => idOf(row)).join(' ')
  let group = groups.get(key)
  if (group === undefined) {
    group = { ids: dimensions.map(({ idOf }) => idOf(row)), sum: new Sum() }
    groups.set(key, group)
  }
  return group.sum
}

function sumIn(sums: Map<number, Sum>, key: number): Sum {
  let sum = sums.get(key)
  if (sum === undefined) {
    sum = new Sum()
    sums.set(key, sum)
  }
  return sum
}

/** Rows in time where they are by time, else the costliest first. */
function rowsOf(groups: Map<number | string, Group>, dimensions: readonly Dimension[]): Row[] {
  const rows = [...groups.values()].map(({ ids, sum }) => {
    const labels = dimensions.map(({ name, labelOf }, i) => [name, labelOf(ids[i]!)] as const)
    const time = dimensions.flatMap(({ name }, i) => (name === 'day' || name === 'hour' ? [ids[i]!] : []))
    return { row: { ...Object.fromEntries(labels), ...sum.figures() } as Row, time, sum }
  })
  rows.sort((x, y) => {
    for (const [i, at] of x.time.entries()) if (at !== y.time[i]) return at - y.time[i]!
    return y.sum.costUSD - x.sum.costUSD || y.sum.tokens() - x.sum.tokens()
  })
  return rows.map(({ row }) => row)
}

function unpricedOf(ledger: Ledger, sums: Map<number, Sum>): Summary['unpriced'] {
  return [...sums]
    .map(([key, sum]) => ({
      agent: ledger.agents.nameOf(key & 31),
      model: ledger.models.nameOf(key >>> 5),
      calls: sum.calls,
      tokens: sum.tokens(),
    }))
    .sort((x, y) => y.tokens - x.tokens)
}

/** An open end is printed as where history begins, or the end of today's or history's last quarter-hour. */
function printedRange(ledger: Ledger, { range, zone }: Question): { since: string | null; until: string } {
  let { since, until } = range
  if (since === null || until === null) {
    const { of, length } = ledger.buckets.table
    let [first, last] = [Number.POSITIVE_INFINITY, 0]
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

/** Sums of money carry errors of a few 1e-16 a step; what is below a nanodollar is not money. */
function roundedToNano(cost: number): number {
  return Math.round(cost * 1e9) / 1e9
}
