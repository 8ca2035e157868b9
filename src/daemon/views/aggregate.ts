// The loop over all buckets of all devices: chooses, groups, prices and sums them. Half a million buckets have to take
// milliseconds, so what depends on the quarter-hour alone or on the series alone is worked out once for each, not once a
// bucket.
import type { Figures, Grouping } from '../../contract/usage.ts'
import { ACTIVITIES } from '../../contract/words.ts'
import { activityOf, agentOf, bandOfSeries, modelOf } from '../tallies/buckets.ts'
import type { Totals } from '../tallies/totals.ts'
import type { PriceBook } from '../usage/prices/price-book.ts'
import { costOf, type ModelRates } from '../usage/prices/rates.ts'
import { chosenIds, type Question, type Share } from './question.ts'

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

/** What a group is about, besides time: as far as it was asked for. */
export type Labels = Readonly<Partial<Record<Grouping, string>>>

/** One group: its time, its labels, and its sums. */
export interface Group {
  /** A local day or the first quarter of a local hour; 0 if it is not by time. */
  readonly time: number
  readonly labels: Labels
  readonly sum: Sum
}

export interface Aggregate {
  readonly groups: readonly Group[]
  readonly total: Sum
  /** Models without a price. */
  readonly unpriced: readonly Group[]
}

interface SeriesFacts {
  readonly chosen: boolean
  /** Number of the group's labels. */
  readonly key: number
  readonly labels: Labels
  readonly band: number
  readonly rates: ModelRates | null
  /** Where it is summed if it has no rates. */
  readonly unpriced: Sum | null
}

/** Numbers for labels, the same for the same labels on whichever device. */
class LabelKeys {
  readonly #keys = new Map<string, number>()

  keyOf(labels: Labels): number {
    const text = JSON.stringify(labels)
    const known = this.#keys.get(text)
    if (known !== undefined) return known
    this.#keys.set(text, this.#keys.size)
    return this.#keys.size - 1
  }
}

export function aggregate(shares: readonly Share[], prices: PriceBook, question: Question): Aggregate {
  const since = question.range.since ?? 0
  const until = question.range.until ?? Number.POSITIVE_INFINITY
  const timeOf = timeTable(shares, question)
  const facts = new Facts(prices, question)
  const groups = new Map<number, Group>()
  for (const share of shares) {
    const { of, length } = share.totals.buckets.table
    const factsOf = facts.of(share)
    let lastKey = -1
    let sum = new Sum()
    let lastSeries = -1
    let its: SeriesFacts | undefined
    for (let row = 0; row < length; row++) {
      const quarter = of.quarter[row]!
      if (quarter < since || quarter >= until || of.calls[row] === 0) continue
      const series = of.series[row]!
      if (series !== lastSeries || its === undefined) {
        its = factsOf(series)
        lastSeries = series
      }
      if (!its.chosen) continue
      const time = timeOf(quarter)
      const key = time * KEYS + its.key
      if (key !== lastKey) {
        sum = groupIn(groups, key, time, its.labels)
        lastKey = key
      }
      addBucket(sum, of, row)
      if (its.rates === null) {
        addBucket(its.unpriced!, of, row)
        continue
      }
      sum.costUSD += costOfBucket(its.rates, its.band, of, row)
      sum.priced += of.calls[row]!
    }
  }
  const total = new Sum()
  for (const group of groups.values()) total.add(group.sum)
  const unpriced = facts.unpriced.filter(({ sum }) => sum.calls > 0)
  return { groups: [...groups.values()], total, unpriced }
}

/** More than there are labels of groups; a time of up to 28 bits times this is still an exact number. */
const KEYS = 2 ** 25

type BucketColumns = Totals['buckets']['table']['of']

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

/** The local day or hour of a quarter-hour, worked out once for each that occurs. */
function timeTable(shares: readonly Share[], { by, zone }: Question): (quarter: number) => number {
  if (!by.includes('day') && !by.includes('hour')) return () => 0
  const timeOf = by.includes('hour') ? (q: number) => zone.hourOf(q) : (q: number) => zone.dayOf(q)
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (const { totals } of shares) {
    const { of, length } = totals.buckets.table
    for (let row = 0; row < length; row++) {
      const quarter = of.quarter[row]!
      if (quarter < first) first = quarter
      if (quarter > last) last = quarter
    }
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

/** What a series means to the question: asked for or not, its group, its rates. */
class Facts {
  /** Models without a price, of all devices. */
  readonly unpriced: Group[] = []
  readonly #prices: PriceBook
  readonly #question: Question
  readonly #keys = new LabelKeys()
  readonly #unpricedOf = new Map<string, Group>()

  constructor(prices: PriceBook, question: Question) {
    this.#prices = prices
    this.#question = question
  }

  of({ device, totals }: Share): (series: number) => SeriesFacts {
    const { agents, models } = this.#question.params
    const chosenAgents = chosenIds(totals.agents.list, agents)
    const chosenModels = chosenIds(totals.models.list, models)
    const known = new Map<number, SeriesFacts>()
    return (series) => {
      let facts = known.get(series)
      if (facts === undefined) {
        const chosen =
          (chosenAgents?.has(agentOf(series)) ?? true) && (chosenModels?.has(modelOf(series)) ?? true)
        facts = this.#work(series, chosen, device.name, totals)
        known.set(series, facts)
      }
      return facts
    }
  }

  #work(series: number, chosen: boolean, device: string, { agents, models }: Totals): SeriesFacts {
    const agent = agents.nameOf(agentOf(series))
    const model = models.nameOf(modelOf(series))
    const all = { agent, model, activity: ACTIVITIES[activityOf(series)] ?? '', device }
    const { by } = this.#question
    const labels: Labels = Object.fromEntries(
      Object.entries(all).filter(([name]) => by.includes(name as Grouping)),
    )
    const rates = this.#prices.ratesOf(agent, model)
    const unpriced = rates === null && chosen ? this.#unpriced(agent, model) : null
    return { chosen, key: this.#keys.keyOf(labels), labels, band: bandOfSeries(series), rates, unpriced }
  }

  #unpriced(agent: string, model: string): Sum {
    const name = `${agent}\n${model}`
    let group = this.#unpricedOf.get(name)
    if (group === undefined) {
      group = { time: 0, labels: { agent, model }, sum: new Sum() }
      this.#unpricedOf.set(name, group)
      this.unpriced.push(group)
    }
    return group.sum
  }
}

function groupIn(groups: Map<number, Group>, key: number, time: number, labels: Labels): Sum {
  let group = groups.get(key)
  if (group === undefined) {
    group = { time, labels, sum: new Sum() }
    groups.set(key, group)
  }
  return group.sum
}

/** Sums of money carry errors of a few 1e-16 a step; what is below a nanodollar is not money. */
function roundedToNano(cost: number): number {
  return Math.round(cost * 1e9) / 1e9
}
