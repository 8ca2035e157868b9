// So many in a burst and so many a second, for each name: a bucket of tokens that fills again.

export interface Rate {
  readonly burst: number
  /** Each second. */
  readonly each: number
}

/** Names beyond these are forgotten, oldest first: then they have their whole burst again. */
const NAMES_CAP = 4_096

interface Bucket {
  left: number
  /** On the clock of `now`, in milliseconds. */
  at: number
}

export class Allowance {
  readonly #rate: Rate
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** `now` in milliseconds, monotonic. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate
    this.#now = now
  }

  /** Takes one; false if none is left. */
  take(name: string): boolean {
    const { burst, each } = this.#rate
    const at = this.#now()
    const before = this.#buckets.get(name) ?? { left: burst, at }
    const left = Math.min(burst, before.left + ((at - before.at) * each) / 1000)
    // Last in the order of the map, because it was used last.
    this.#buckets.delete(name)
    this.#buckets.set(name, { left: left >= 1 ? left - 1 : left, at })
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= NAMES_CAP) break
      this.#buckets.delete(oldest)
    }
    return left >= 1
  }
}
