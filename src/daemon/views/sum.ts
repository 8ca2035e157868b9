// What buckets come to: the figures of one row of an answer.
import type { Figures } from '../../contract/usage.ts'
import type { Totals } from '../tallies/totals.ts'
import { costOf, type ModelRates } from '../usage/prices/rates.ts'

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

  /** Adds one bucket, without its money. */
  addBucket(of: BucketColumns, row: number): void {
    this.calls += of.calls[row]!
    this.sessions += of.sessions[row]!
    this.webSearches += of.webSearches[row]!
    this.input += of.input[row]!
    this.output += of.output[row]!
    this.cacheRead += of.cacheRead[row]!
    this.cacheWrite5m += of.cacheWrite5m[row]!
    this.cacheWrite1h += of.cacheWrite1h[row]!
    this.reasoning += of.reasoning[row]!
  }

  /** Adds the money of one bucket. */
  addCost(rates: ModelRates, band: number, of: BucketColumns, row: number): void {
    this.costUSD += costOfBucket(rates, band, of, row)
    this.priced += of.calls[row]!
  }

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

type BucketColumns = Totals['buckets']['table']['of']

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

/** Sums of money carry errors of a few 1e-16 a step; what is below a nanodollar is not money. */
function roundedToNano(cost: number): number {
  return Math.round(cost * 1e9) / 1e9
}
