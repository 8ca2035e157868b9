// A bounded crowd of connections, each from a source. Where there is no room, the oldest of the source that has most goes: whoever
// brings many displaces its own.

export interface Bounds {
  readonly inAll: number
  readonly ofOneSource: number
}

export interface Guest {
  readonly source: string
  /** Makes no room for others. */
  readonly held: boolean
  /** Ends the connection. */
  readonly end: () => void
}

export class Crowd<G extends Guest> {
  readonly #bounds: Bounds
  readonly #bySource = new Map<string, Set<G>>()
  #size = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#size
  }

  /** Whether there was, or now is, room for it. */
  add(guest: G): boolean {
    const neighbours = this.#bySource.get(guest.source)
    if ((neighbours?.size ?? 0) >= this.#bounds.ofOneSource) {
      if (!this.#makeRoom(neighbours!)) return false
    } else if (this.#size >= this.#bounds.inAll && !this.#makeRoom(this.#largest())) return false
    const own = this.#bySource.get(guest.source) ?? new Set()
    this.#bySource.set(guest.source, own.add(guest))
    this.#size++
    return true
  }

  remove(guest: G): void {
    const own = this.#bySource.get(guest.source)
    if (own?.delete(guest) !== true) return
    this.#size--
    if (own.size === 0) this.#bySource.delete(guest.source)
  }

  #largest(): Set<G> {
    let largest = new Set<G>()
    for (const each of this.#bySource.values()) if (each.size > largest.size) largest = each
    return largest
  }

  #makeRoom(guests: Set<G>): boolean {
    for (const oldest of guests) {
      if (oldest.held) continue
      this.remove(oldest)
      oldest.end()
      return true
    }
    return false
  }
}
