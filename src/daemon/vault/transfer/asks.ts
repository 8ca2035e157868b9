// How often each paired device may ask this one's owner: whoever is told no could ask again at once, for ever.

const [MOST, WITHIN_MS] = [10, 60_000]

export class Asks {
  /** When each device asked lately. */
  readonly #asked = new Map<string, number[]>()

  /** How many devices are remembered. */
  get kept(): number {
    return this.#asked.size
  }

  /** Counts. `now` in milliseconds of a clock that is never set back. */
  may(device: string, now: number): boolean {
    for (const [each, times] of this.#asked) if (times.at(-1)! <= now - WITHIN_MS) this.#asked.delete(each)
    const lately = (this.#asked.get(device) ?? []).filter((at) => at > now - WITHIN_MS)
    if (lately.length >= MOST) return false
    this.#asked.set(device, [...lately, now])
    return true
  }
}
