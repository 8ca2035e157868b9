// How many enrolments one address may begin: so that whoever begins ten thousand is alone in being refused. What is refused
// leaves nothing behind.
import { sourceOf } from '../../contract/source.ts'

/** So many an hour. */
export const BEGUN_CAP = 10
const HOUR_MS = 3_600_000
/** Addresses beyond these are forgotten, oldest first: then they may begin as if they were new. */
const SOURCES_CAP = 4_096

export class Newcomers {
  readonly #ticks: () => number
  /** When each began what it began within the last hour, oldest first. */
  readonly #begun = new Map<string, readonly number[]>()

  /** `ticks`: milliseconds of a clock that nobody sets. */
  constructor(ticks: () => number) {
    this.#ticks = ticks
  }

  /** Until it may begin another, in milliseconds; 0 for now. */
  waits(address: string): number {
    const recent = this.#recent(address)
    return recent.length < BEGUN_CAP ? 0 : recent[0]! + HOUR_MS - this.#ticks()
  }

  /** It has begun one. */
  count(address: string): void {
    const source = sourceOf(address)
    const begun = [...this.#recent(address), this.#ticks()]
    // Last in the order of the map, because it began last.
    this.#begun.delete(source)
    this.#begun.set(source, begun)
    if (this.#begun.size > SOURCES_CAP) this.#begun.delete(this.#begun.keys().next().value!)
  }

  #recent(address: string): readonly number[] {
    const since = this.#ticks() - HOUR_MS
    return (this.#begun.get(sourceOf(address)) ?? []).filter((at) => at > since)
  }
}
