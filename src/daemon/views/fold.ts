// What one question came to when it was asked last. Most blocks of buckets never change again and lie together in one sum; those
// that did change lie apart, so that the next call in one of them makes that block be added up again and nothing else.
import { Blocks } from '../tallies/blocks.ts'
import type { Totals } from '../tallies/totals.ts'
import type { PriceBook } from '../usage/prices/price-book.ts'
import { Part } from './part.ts'
import type { Question, Share } from './question.ts'
import { FactsBySeries, LabelKeys } from './series-facts.ts'

/** So many groups are kept apart, at about 200 bytes each; with fewer in all, every block is. */
const APART_CAP = 3000
/** An answer of more groups is added up anew each time: keeping it would cost megabytes. */
const GROUPS_CAP = 12_000
/** When more blocks of a device changed, it was counted anew: that says nothing about which will change next. */
const RESTLESS_CAP = 32

/** What is kept of one device. */
interface Known {
  /** Groups carry it where they are by device. */
  readonly deviceName: string
  /** By block: of which version it is in the sum. */
  readonly versions: number[]
  readonly apart: Map<number, { readonly part: Part; readonly version: number }>
}

export class Fold {
  readonly #prices: PriceBook
  readonly #question: Question
  #keys: LabelKeys
  /** What does not lie apart. */
  #together: Part | null = null
  /** Both, as long as nothing changed. */
  #whole: Part | null = null
  #shares = 0
  #known = new WeakMap<Totals['buckets'], Known>()
  /** Blocks that changed after they were put together. */
  readonly #restless = new WeakMap<Totals['buckets'], Set<number>>()

  constructor(question: Question, prices: PriceBook) {
    this.#question = question
    this.#prices = prices
    this.#keys = new LabelKeys(question.by)
  }

  /** How many different labels are remembered. */
  get labels(): number {
    return this.#keys.size
  }

  sum(shares: readonly Share[]): Part {
    if (!this.#follow(shares)) this.#begin(shares)
    if (this.#whole !== null) return this.#whole
    const whole = new Part()
    if (this.#together !== null) whole.add(this.#together)
    for (const { totals } of shares) {
      for (const { part } of this.#known.get(totals.buckets)?.apart.values() ?? []) whole.add(part)
    }
    if (whole.size > GROUPS_CAP) this.#forget()
    else this.#whole = whole
    return whole
  }

  /** Brings what lies apart up to date; false where something in the sum changed. */
  #follow(shares: readonly Share[]): boolean {
    if (this.#together === null || shares.length !== this.#shares) return false
    let isSame = true
    for (const share of shares) {
      const { buckets } = share.totals
      const known = this.#known.get(buckets)
      if (known?.deviceName !== share.device.name) return false
      let facts: FactsBySeries | undefined
      for (let block = Blocks.count(buckets.table.length) - 1; block >= 0; block--) {
        const version = buckets.blocks.versionOf(block)
        if ((known.apart.get(block)?.version ?? known.versions[block]) === version) continue
        if (known.versions[block] === undefined) {
          facts ??= this.#factsOf(share)
          this.#whole = null
          known.apart.set(block, { part: this.#partOf(share, block, facts), version })
        } else {
          this.#markRestless(buckets, block)
          isSame = false
        }
      }
    }
    return isSame
  }

  /** Adds everything up, and chooses what lies apart: what changed before, the newest of each device, then whatever has room. */
  #begin(shares: readonly Share[]): void {
    const together = new Part()
    this.#whole = null
    this.#known = new WeakMap()
    // No sum from before is left: nor need be labels that no device tells of any more.
    this.#keys = new LabelKeys(this.#question.by)
    this.#shares = shares.length
    const all = shares.map((share) => {
      const known: Known = { deviceName: share.device.name, versions: [], apart: new Map() }
      this.#known.set(share.totals.buckets, known)
      return { share, known, facts: this.#factsOf(share) }
    })
    let groups = 0
    for (const isFirst of [true, false]) {
      for (const { share, known, facts } of all) {
        const { buckets } = share.totals
        const restless = this.#restless.get(buckets)
        const last = Blocks.count(buckets.table.length) - 1
        for (let block = last; block >= 0; block--) {
          if ((block === last || restless?.has(block) === true) !== isFirst) continue
          const version = buckets.blocks.versionOf(block)
          if (groups < APART_CAP) {
            const part = this.#partOf(share, block, facts)
            known.apart.set(block, { part, version })
            groups += part.size
          } else {
            this.#addBlock(together, share, block, facts)
            known.versions[block] = version
          }
        }
      }
    }
    this.#together = together
  }

  #addBlock(part: Part, { totals: { buckets } }: Share, block: number, facts: FactsBySeries): void {
    const end = Math.min(buckets.table.length, Blocks.start(block + 1))
    part.addRows(buckets, Blocks.start(block), end, this.#question, facts)
  }

  #partOf(share: Share, block: number, facts: FactsBySeries): Part {
    const part = new Part()
    this.#addBlock(part, share, block, facts)
    return part
  }

  #factsOf(share: Share): FactsBySeries {
    return new FactsBySeries(share, this.#question, this.#prices, this.#keys)
  }

  #markRestless(buckets: Totals['buckets'], block: number): void {
    const restless = this.#restless.get(buckets) ?? new Set()
    this.#restless.set(buckets, restless.add(block))
    if (restless.size > RESTLESS_CAP) restless.clear()
  }

  #forget(): void {
    this.#together = null
    this.#whole = null
    this.#known = new WeakMap()
  }
}
