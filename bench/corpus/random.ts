// The only randomness of the corpus: a seeded generator (mulberry32), so that a seed always gives the same bytes.

const UNAMBIGUOUS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789'

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** An integer from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** Picks by weight: `[[item, weight], …]`. */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let left = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [item, weight] of items) {
      left -= weight
      if (left < 0) return item
    }
    throw new RangeError('nothing to pick from')
  }

  /** Log-normal: many small values, a few very large ones, half of them under `median`. */
  logNormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
    return median * Math.exp(sigma * normal)
  }

  hex(length: number): string {
    let digits = ''
    while (digits.length < length) {
      // The added bit keeps leading zeros, and slicing it off is cheaper than padding.
      digits += (0x1000_0000_0 + Math.floor(this.next() * 0x1000_0000_0)).toString(16).slice(1)
    }
    return digits.slice(0, length)
  }

  letters(length: number): string {
    let letters = ''
    for (let i = 0; i < length; i++) letters += UNAMBIGUOUS[Math.floor(this.next() * UNAMBIGUOUS.length)]
    return letters
  }

  /** In the form of a version 4 UUID. */
  uuid(): string {
    const digits = this.hex(32)
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
  }
}
