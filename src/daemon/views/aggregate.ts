// Adds up the buckets of all devices as a question asks. What was added up is kept for the questions that were asked last:
// when a call comes, only the block of buckets that holds it is added up again.
import { Blocks } from '../tallies/blocks.ts'
import type { Totals } from '../tallies/totals.ts'
import type { PriceBook } from '../usage/prices/price-book.ts'
import { type Group, Part } from './part.ts'
import type { Question, Share } from './question.ts'
import { factsOf, LabelKeys } from './series-facts.ts'
import { Sum } from './sum.ts'

export type { Group } from './part.ts'

export interface Aggregate {
  readonly groups: readonly Group[]
  readonly total: Sum
  /** Models without a price. */
  readonly unpriced: readonly Group[]
}

/** So many questions are kept; a user interface asks a few again and again. */
const QUESTIONS_CAP = 6
/** An answer of more groups is added up anew each time: keeping it would cost megabytes. About 350 bytes a group. */
const GROUPS_CAP = 1000

interface Kept {
  readonly keys: LabelKeys
  readonly shares: WeakMap<Totals['buckets'], KeptShare>
  isLarge: boolean
}

/** The parts of one device's buckets, block by block. */
interface KeptShare {
  readonly deviceName: string
  readonly parts: { readonly part: Part; readonly version: number }[]
}

export class Aggregator {
  readonly #prices: PriceBook
  /** By what was asked; the one asked last is the last. */
  readonly #kept = new Map<string, Kept>()

  constructor(prices: PriceBook) {
    this.#prices = prices
  }

  aggregate(shares: readonly Share[], question: Question): Aggregate {
    const kept = this.#keptFor(question)
    const whole = new Part()
    let groups = 0
    for (const share of shares) {
      if (kept.isLarge) this.#addWhole(whole, share, question, kept.keys)
      else
        for (const part of this.#partsOf(share, question, kept)) {
          whole.add(part)
          groups += part.groups.size
        }
    }
    if (groups > GROUPS_CAP) this.#kept.set(keyOf(question), { ...emptyKept(), isLarge: true })
    const total = new Sum()
    for (const { sum } of whole.groups.values()) total.add(sum)
    return { groups: [...whole.groups.values()], total, unpriced: [...whole.unpriced.values()] }
  }

  #keptFor(question: Question): Kept {
    const key = keyOf(question)
    const kept = this.#kept.get(key) ?? emptyKept()
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (this.#kept.size > QUESTIONS_CAP) this.#kept.delete(this.#kept.keys().next().value!)
    return kept
  }

  #addWhole(whole: Part, share: Share, question: Question, keys: LabelKeys): void {
    const { buckets } = share.totals
    whole.addRows(buckets, 0, buckets.table.length, question, factsOf(share, question, this.#prices, keys))
  }

  *#partsOf(share: Share, question: Question, { keys, shares }: Kept): Generator<Part> {
    const { buckets } = share.totals
    let kept = shares.get(buckets)
    if (kept?.deviceName !== share.device.name) {
      kept = { deviceName: share.device.name, parts: [] }
      shares.set(buckets, kept)
    }
    const facts = factsOf(share, question, this.#prices, keys)
    const { length } = buckets.table
    for (let block = 0; block < Blocks.count(length); block++) {
      const version = buckets.blocks.versionOf(block)
      const known = kept.parts[block]
      if (known?.version === version) {
        yield known.part
        continue
      }
      const part = new Part()
      part.addRows(buckets, Blocks.start(block), Math.min(length, Blocks.start(block + 1)), question, facts)
      kept.parts[block] = { part, version }
      yield part
    }
  }
}

function emptyKept(): Kept {
  return { keys: new LabelKeys(), shares: new WeakMap(), isLarge: false }
}

/** Everything that an answer depends on, besides the buckets, their names and the prices. */
function keyOf({ by, range, zone, params }: Question): string {
  return JSON.stringify([by, range.since, range.until, zone.name, params.agents, params.models])
}
