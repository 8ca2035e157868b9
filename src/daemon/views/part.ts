// The loop over buckets: chooses, groups, prices and sums them. Half a million have to take milliseconds, so what depends on
// the series or the quarter-hour alone is worked out once and not once a bucket.
import type { Totals } from '../tallies/totals.ts'
import type { Question } from './question.ts'
import type { Labels, SeriesFacts } from './series-facts.ts'
import { Sum } from './sum.ts'

/** One group: its time, its labels, and its sums. */
export interface Group {
  /** A local day or the first quarter of a local hour; 0 if it is not by time. */
  readonly time: number
  readonly labels: Labels
  readonly sum: Sum
}

/** More than there are labels of groups; a time of up to 28 bits times this is still an exact number. */
const KEYS = 2 ** 25

/** What some buckets come to. */
export class Part {
  readonly groups = new Map<number, Group>()
  /** Models without a price. */
  readonly unpriced = new Map<string, Group>()

  /** Adds the buckets from row `start` to before `end`. */
  addRows(
    { table }: Totals['buckets'],
    start: number,
    end: number,
    { range, by, zone }: Question,
    factsOf: (series: number) => SeriesFacts,
  ): void {
    const { of } = table
    const since = range.since ?? 0
    const until = range.until ?? Number.POSITIVE_INFINITY
    const isTimed = by.includes('day') || by.includes('hour')
    const byHour = by.includes('hour')
    let [lastQuarter, time] = [-1, 0]
    let lastKey = -1
    let sum = new Sum()
    let lastSeries = -1
    let facts: SeriesFacts | undefined
    for (let row = start; row < end; row++) {
      const quarter = of.quarter[row]!
      if (quarter < since || quarter >= until || of.calls[row] === 0) continue
      const series = of.series[row]!
      if (series !== lastSeries || facts === undefined) {
        facts = factsOf(series)
        lastSeries = series
      }
      if (!facts.chosen) continue
      if (isTimed && quarter !== lastQuarter) {
        time = byHour ? zone.hourOf(quarter) : zone.dayOf(quarter)
        lastQuarter = quarter
      }
      const key = time * KEYS + facts.key
      if (key !== lastKey) {
        sum = sumIn(this.groups, key, time, facts.labels)
        lastKey = key
      }
      sum.addBucket(of, row)
      if (facts.rates !== null) sum.addCost(facts.rates, facts.band, of, row)
      else this.#unpriced(facts).addBucket(of, row)
    }
  }

  add(other: Part): void {
    for (const [key, { time, labels, sum }] of other.groups) sumIn(this.groups, key, time, labels).add(sum)
    for (const [key, { time, labels, sum }] of other.unpriced)
      sumIn(this.unpriced, key, time, labels).add(sum)
  }

  #unpriced({ agent, model }: SeriesFacts): Sum {
    return sumIn(this.unpriced, `${agent}\n${model}`, 0, { agent, model })
  }
}

function sumIn<K>(groups: Map<K, Group>, key: K, time: number, labels: Labels): Sum {
  let group = groups.get(key)
  if (group === undefined) {
    group = { time, labels, sum: new Sum() }
    groups.set(key, group)
  }
  return group.sum
}
