// The loop over all buckets: chooses, groups, prices and sums them. Half a million buckets have to take milliseconds, so
// what depends on the quarter-hour alone or on the series alone is worked out once for each, not once a bucket.
import type { Figures } from '../../contract/usage.ts'
import { activityOf, agentOf, bandOfSeries, modelOf } from './ledger/buckets.ts'
import type { Ledger } from './ledger/ledger.ts'
import type { PriceBook } from './prices/price-book.ts'
import { costOf, type ModelRates } from './prices/rates.ts'
import { chosenIds, type Question } from './question.ts'

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

  add(other: Sum): void {
    this.calls += other.calls
    this.sessions += other.sessions
    this.webSearches += other.webSearches
    this.input += other.input
    this.output += other.output
    this.cacheRead += other.cacheRead
    this.cacheWrite5m += other.cacheWrite5m
    this.cacheWrite1h += other.cacheWrite1h
    this.reasoning += other.reasoning
    this.costUSD += other.costUSD
    this.priced += other.priced
  }

  /** Nothing at all costs nothing; something of which no part has a price has no cost. */
  figures(): Figures {
    const { calls, sessions, webSearches, input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning } =
      this
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

/** One group: the numbers that name it, and its sums. */
export interface Group {
  /** Of the grouping: a local day or the first quarter of a local hour; 0 if it is not by time. */
  readonly time: number
  /** A series whose model, agent and activity are the group's, as far as it is grouped by them. */
  readonly series: number
  readonly sum: Sum
}

export interface Aggregate {
  readonly groups: readonly Group[]
  readonly total: Sum
  /** By model and agent, `series >>> 7`. */
  readonly unpriced: ReadonlyMap<number, Sum>
}

interface SeriesFacts {
  readonly chosen: boolean
  readonly key: number
  readonly band: number
  readonly rates: ModelRates | null
}

export function aggregate(ledger: Ledger, prices: PriceBook, question: Question): Aggregate {
  const { of, length } = ledger.buckets.table
  const since = question.range.since ?? 0
  const until = question.range.until ?? Number.POSITIVE_INFINITY
  const timeOf = timeTable(of.quarter, length, question)
  const factsOf = seriesFacts(ledger, prices, question)
  const groups = new Map<number, Group>()
  const unpriced = new Map<number, Sum>()
  let lastKey = -1
  let sum = new Sum()
  let lastSeries = -1
  let facts: SeriesFacts | undefined
  for (let row = 0; row < length; row++) {
    const quarter = of.quarter[row]!
    if (quarter < since || quarter >= until || of.calls[row] === 0) continue
    const series = of.series[row]!
    if (series !== lastSeries || facts === undefined) {
      facts = factsOf(series)
      lastSeries = series
    }
    if (!facts.chosen) continue
    const time = timeOf(quarter)
    const key = time * KEYS + facts.key
    if (key !== lastKey) {
      sum = groupIn(groups, key, time, series)
      lastKey = key
    }
    addBucket(sum, of, row)
    if (facts.rates === null) {
      addBucket(sumIn(unpriced, series >>> 7), of, row)
      continue
    }
    sum.costUSD += costOfBucket(facts.rates, facts.band, of, row)
    sum.priced += of.calls[row]!
  }
  const total = new Sum()
  for (const group of groups.values()) total.add(group.sum)
  return { groups: [...groups.values()], total, unpriced }
}

/** More than there are keys of a series (25 bits); a time of up to 28 bits times this is still an exact number. */
const KEYS = 2 ** 25

type BucketColumns = Ledger['buckets']['table']['of']

function addBucket(sum: Sum, of: BucketColumns, row: number): void {
  sum.calls += of.calls[row]!
  sum.sessions += of.sessions[row]!
  sum.webSearches += of.webSearches[row]!
  sum.input += of.input[row]!
  sum.output += of.output[row]!
  sum.cacheRead += of.cacheRead[row]!
  sum.cacheWrite5m += of.cacheWrite5m[row]!
  sum.cacheWrite1h += of.cacheWrite1h[row]!
  sum.reasoning += of.reasoning[row]!
}

/** One bucket's tally for pricing; reused, so that pricing allocates nothing. */
const tally = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, webSearches: 0 }

function costOfBucket(rates: ModelRates, band: number, of: BucketColumns, row: number): number {
  tally.input = of.input[row]!
  tally.output = of.output[row]!
  tally.cacheRead = of.cacheRead[row]!
  tally.cacheWrite5m = of.cacheWrite5m[row]!
  tally.cacheWrite1h = of.cacheWrite1h[row]!
  tally.webSearches = of.webSearches[row]!
  return costOf(rates.at(band, of.quarter[row]!), tally)
}

/** The local day or hour of a quarter-hour, worked out once for each that occurs in a row. */
function timeTable(
  quarters: Uint32Array,
  length: number,
  { by, zone }: Question,
): (quarter: number) => number {
  if (!by.includes('day') && !by.includes('hour')) return () => 0
  const timeOf = by.includes('hour') ? (q: number) => zone.hourOf(q) : (q: number) => zone.dayOf(q)
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (let row = 0; row < length; row++) {
    const quarter = quarters[row]!
    if (quarter < first) first = quarter
    if (quarter > last) last = quarter
  }
  const table = new Int32Array(Math.max(0, last - first + 1)).fill(-1)
  return (quarter) => {
    const known = table[quarter - first]!
    if (known >= 0) return known
    const time = timeOf(quarter)
    table[quarter - first] = time
    return time
  }
}

/** What a series means to the question: asked for or not, its part of the group's key, its rates. */
function seriesFacts(
  ledger: Ledger,
  prices: PriceBook,
  { by, params }: Question,
): (series: number) => SeriesFacts {
  const agents = chosenIds(ledger.agents.list, params.agents)
  const models = chosenIds(ledger.models.list, params.models)
  const keyOf = (series: number) =>
    (by.includes('model') ? modelOf(series) * 512 : 0) +
    (by.includes('agent') ? agentOf(series) * 16 : 0) +
    (by.includes('activity') ? activityOf(series) : 0)
  const known = new Map<number, SeriesFacts>()
  return (series) => {
    let facts = known.get(series)
    if (facts === undefined) {
      const agent = agentOf(series)
      const model = modelOf(series)
      facts = {
        chosen: (agents?.has(agent) ?? true) && (models?.has(model) ?? true),
        key: keyOf(series),
        band: bandOfSeries(series),
        rates: prices.ratesOf(ledger.agents.nameOf(agent), ledger.models.nameOf(model)),
      }
      known.set(series, facts)
    }
    return facts
  }
}

function groupIn(groups: Map<number, Group>, key: number, time: number, series: number): Sum {
  let group = groups.get(key)
  if (group === undefined) {
    group = { time, series, sum: new Sum() }
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

/** Sums of money carry errors of a few 1e-16 a step; what is below a nanodollar is not money. */
function roundedToNano(cost: number): number {
  return Math.round(cost * 1e9) / 1e9
}
