// What buckets come to: the figures of one row of an answer.
import type { Figures } from '../../contract/usage.ts'
import { BUCKET_SUMS } from '../tallies/buckets.ts'
import type { Totals } from '../tallies/totals.ts'

/** The fields of a sum in the order in which they lie in an array; `priced` counts the calls whose model has a price. */
export const SUM_FIELDS = [...BUCKET_SUMS, 'costUSD', 'priced'] as const

/** Sums of one row. */
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

  /** From numbers in the order of `SUM_FIELDS`, which begin at `at`. One by one: in a loop over the names each costs ten times as much. */
  static of(numbers: Float64Array, at: number): Sum {
    const sum = new Sum()
    sum.calls = numbers[at]!
    sum.sessions = numbers[at + 1]!
    sum.webSearches = numbers[at + 2]!
    sum.input = numbers[at + 3]!
    sum.output = numbers[at + 4]!
    sum.cacheRead = numbers[at + 5]!
    sum.cacheWrite5m = numbers[at + 6]!
    sum.cacheWrite1h = numbers[at + 7]!
    sum.reasoning = numbers[at + 8]!
    sum.costUSD = numbers[at + 9]!
    sum.priced = numbers[at + 10]!
    return sum
  }

  /** Adds one bucket, without its money. */
  addBucket(of: Totals['buckets']['table']['of'], row: number): void {
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

  add(other: Sum): void {
    for (const field of SUM_FIELDS) this[field] += other[field]
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

/** Sums of money carry errors of a few 1e-16 a step; what is below a nanodollar is not money. */
function roundedToNano(cost: number): number {
  return Math.round(cost * 1e9) / 1e9
}
