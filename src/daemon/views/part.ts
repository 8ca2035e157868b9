// The loop over buckets: chooses, groups, prices and sums them. Half a million have to take milliseconds, so what depends on
// the series or the quarter-hour alone is worked out once and not once a bucket, and sums lie in one array.
import type { Totals } from '../tallies/totals.ts'
import { costOf } from '../usage/prices/rates.ts'
import type { Question } from './question.ts'
import type { FactsBySeries, Labels, SeriesFacts } from './series-facts.ts'
import { SUM_FIELDS, Sum } from './sum.ts'

/** One group: its time, its labels, and its sums. */
export interface Group {
  /** A local day or the first quarter of a local hour; 0 if it is not by time. */
  readonly time: number
  readonly labels: Labels
  readonly sum: Sum
}

/** More than there are labels of groups; a time of up to 28 bits times this is still an exact number. */
const KEYS = 2 ** 25
const WIDTH = SUM_FIELDS.length

/** What some buckets come to. */
export class Part {
  /** By time and labels: where its sums begin in `#sums`, divided by their number. */
  readonly #slots = new Map<number, number>()
  readonly #keys: number[] = []
  readonly #times: number[] = []
  readonly #labels: Labels[] = []
  #sums = new Float64Array(4 * WIDTH)
  /** Models without a price. */
  readonly #unpriced = new Map<string, Group>()

  get size(): number {
    return this.#times.length
  }

  /** Adds the buckets from row `start` to before `end`. */
  addRows(
    { table }: Totals['buckets'],
    start: number,
    end: number,
    { range, by, zone }: Question,
    known: FactsBySeries,
  ): void {
    const { of } = table
    const { calls, sessions, webSearches, input, output, cacheRead } = of
    const { cacheWrite5m, cacheWrite1h, reasoning, quarter: quarters, series: allSeries } = of
    const since = range.since ?? 0
    const until = range.until ?? Number.POSITIVE_INFINITY
    const byHour = by.includes('hour')
    const isTimed = byHour || by.includes('day')
    let [lastQuarter, time] = [-1, 0]
    let [lastKey, slot] = [-1, 0]
    for (let row = start; row < end; row++) {
      const quarter = quarters[row]!
      if (quarter < since || quarter >= until || calls[row] === 0) continue
      const facts = known.of(allSeries[row]!)
      if (!facts.chosen) continue
      if (isTimed && quarter !== lastQuarter) {
        time = byHour ? zone.hourOf(quarter) : zone.dayOf(quarter)
        lastQuarter = quarter
      }
      const key = time * KEYS + facts.key
      if (key !== lastKey) {
        slot = this.#slotOf(key, time, facts.labels) * WIDTH
        lastKey = key
      }
      const sums = this.#sums
      sums[slot]! += calls[row]!
      sums[slot + 1]! += sessions[row]!
      sums[slot + 2]! += webSearches[row]!
      sums[slot + 3]! += input[row]!
      sums[slot + 4]! += output[row]!
      sums[slot + 5]! += cacheRead[row]!
      sums[slot + 6]! += cacheWrite5m[row]!
      sums[slot + 7]! += cacheWrite1h[row]!
      sums[slot + 8]! += reasoning[row]!
      if (facts.rates === null) {
        this.#unpricedOf(facts).addBucket(of, row)
        continue
      }
      // Tallies are passed in one object that is used again: pricing allocates nothing.
      tally.input = input[row]!
      tally.output = output[row]!
      tally.cacheRead = cacheRead[row]!
      tally.cacheWrite5m = cacheWrite5m[row]!
      tally.cacheWrite1h = cacheWrite1h[row]!
      tally.webSearches = webSearches[row]!
      sums[slot + 9]! += costOf(facts.rates.at(facts.band, quarter), tally)
      sums[slot + 10]! += calls[row]!
    }
  }

  add(other: Part): void {
    const from = other.#sums
    for (let theirs = 0; theirs < other.size; theirs++) {
      const labels = other.#labels[theirs]!
      const at = this.#slotOf(other.#keys[theirs]!, other.#times[theirs]!, labels) * WIDTH
      for (let field = 0; field < WIDTH; field++) this.#sums[at + field]! += from[theirs * WIDTH + field]!
    }
    for (const [key, { labels, sum }] of other.#unpriced) this.#unpricedAt(key, labels).add(sum)
  }

  groups(): Group[] {
    return this.#times.map((time, slot) => ({
      time,
      labels: this.#labels[slot]!,
      sum: Sum.of(this.#sums, slot * WIDTH),
    }))
  }

  /** What all groups come to. */
  total(): Sum {
    const total = new Float64Array(WIDTH)
    for (let at = 0; at < this.size * WIDTH; at += WIDTH) {
      for (let field = 0; field < WIDTH; field++) total[field]! += this.#sums[at + field]!
    }
    return Sum.of(total, 0)
  }

  unpriced(): Group[] {
    return [...this.#unpriced.values()]
  }

  #slotOf(key: number, time: number, labels: Labels): number {
    const known = this.#slots.get(key)
    if (known !== undefined) return known
    const slot = this.#times.push(time) - 1
    this.#labels.push(labels)
    this.#keys.push(key)
    this.#slots.set(key, slot)
    if (this.#sums.length < (slot + 1) * WIDTH) {
      const grown = new Float64Array(this.#sums.length * 2)
      grown.set(this.#sums)
      this.#sums = grown
    }
    return slot
  }

  #unpricedOf({ agent, model, name }: SeriesFacts): Sum {
    return this.#unpriced.get(name)?.sum ?? this.#unpricedAt(name, { agent, model })
  }

  #unpricedAt(name: string, labels: Labels): Sum {
    let group = this.#unpriced.get(name)
    if (group === undefined) {
      group = { time: 0, labels, sum: new Sum() }
      this.#unpriced.set(name, group)
    }
    return group.sum
  }
}

const tally = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, webSearches: 0 }
