// Summaries of repeated measurements.

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
  /** In the order in which they were measured. */
  readonly runs: readonly number[]
}

export function spreadOf(runs: readonly number[]): Spread {
  return { min: percentile(runs, 0), median: median(runs), max: percentile(runs, 1), runs }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that at least `share` (0 to 1) of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no measurements')
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

export interface Ratio {
  readonly ofMedians: number
  /** Of the two runs that were measured one after the other. */
  readonly pairwise: Spread
}

export function ratioOf(ours: Spread, theirs: Spread): Ratio {
  const pairs = ours.runs.map((run, index) => run / theirs.runs[index]!)
  return { ofMedians: ours.median / theirs.median, pairwise: spreadOf(pairs) }
}

export interface Latencies {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export function latenciesOf(values: readonly number[]): Latencies {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  }
}
