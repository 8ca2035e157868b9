// Adds up the buckets of all devices as a question asks. What was added up is kept for the questions that were asked last.
import type { PriceBook } from '../usage/prices/price-book.ts'
import { Fold } from './fold.ts'
import type { Group, Part } from './part.ts'
import type { Question, Share } from './question.ts'
import type { Sum } from './sum.ts'

export type { Group } from './part.ts'

export interface Aggregate {
  readonly groups: readonly Group[]
  readonly total: Sum
  /** Models without a price. */
  readonly unpriced: readonly Group[]
}

/** So many questions are kept: a page asks a few again and again, and so do status bars. */
const QUESTIONS_CAP = 8

export class Aggregator {
  readonly #prices: PriceBook
  /** By what was asked; the one asked last is the last. */
  readonly #folds = new Map<string, Fold>()
  readonly #aggregates = new WeakMap<Part, Aggregate>()

  constructor(prices: PriceBook) {
    this.#prices = prices
  }

  /** The very same object as long as nothing changed. */
  aggregate(shares: readonly Share[], question: Question): Aggregate {
    const whole = this.#foldFor(question).sum(shares)
    let aggregate = this.#aggregates.get(whole)
    if (aggregate === undefined) {
      aggregate = { groups: whole.groups(), total: whole.total(), unpriced: whole.unpriced() }
      this.#aggregates.set(whole, aggregate)
    }
    return aggregate
  }

  #foldFor(question: Question): Fold {
    const key = keyOf(question)
    const fold = this.#folds.get(key) ?? new Fold(question, this.#prices)
    this.#folds.delete(key)
    this.#folds.set(key, fold)
    if (this.#folds.size > QUESTIONS_CAP) this.#folds.delete(this.#folds.keys().next().value!)
    return fold
  }
}

/** Everything that an answer depends on, besides the buckets, their names and the prices. */
function keyOf({ by, range, zone, params }: Question): string {
  return JSON.stringify([by, range.since, range.until, zone.name, params.agents, params.models])
}
