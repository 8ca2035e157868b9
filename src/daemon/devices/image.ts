// A table as others may see it, kept beside the table that it shows: several rows there may be one here, and every row here
// knows at which revision it changed last.
import type { Column, Columns, Shape } from '../tallies/columns.ts'

/** The image's row for a row of the source, made if there is none; -1 where the row is not to be seen. */
export type Place = (row: number) => number

/** Sums above this would not be whole numbers any more. */
const LARGEST = { u32: 0xffff_ffff, f64: Number.MAX_SAFE_INTEGER } as const

export class Image<S extends Shape> {
  /** By row of the image's table. */
  revisions = new Uint32Array(0)
  readonly #table: () => Columns<S>
  readonly #counted: readonly (keyof S & string)[]
  #source: Columns<S> | null = null
  #placed = 0
  /** By row of the image: its first row in the source, plus one; 0 is none. */
  #first = new Int32Array(0)
  /** By row of the source: the next one with the same row in the image, plus one. */
  #next = new Int32Array(0)

  /** `table` is the image's own, `counted` its columns that are sums. */
  constructor(table: () => Columns<S>, counted: readonly (keyof S & string)[]) {
    this.#table = table
    this.#counted = counted
  }

  /** Shows what `source` holds now; rows that changed get `revision`. Returns how many did. */
  follow(source: Columns<S>, place: Place, revision: number): number {
    if (source !== this.#source || source.length < this.#placed) this.#begin(source)
    this.#placeNew(source, place)
    const { length } = this.#table()
    let changed = 0
    for (const name of this.#counted) {
      changed += this.#compare(source.of[name] as Column, this.#table().of[name] as Column, length, revision)
    }
    return changed
  }

  #begin(source: Columns<S>): void {
    this.#source = source
    this.#placed = 0
    this.#first.fill(0)
    this.#next = new Int32Array(source.length)
  }

  #placeNew(source: Columns<S>, place: Place): void {
    if (this.#next.length < source.length) this.#next = grown(this.#next, source.length)
    for (; this.#placed < source.length; this.#placed++) {
      const at = place(this.#placed)
      if (at < 0) continue
      if (at >= this.#first.length) {
        this.#first = grown(this.#first, at + 1)
        this.revisions = grown(this.revisions, at + 1)
      }
      this.#next[this.#placed] = this.#first[at]!
      this.#first[at] = this.#placed + 1
    }
  }

  #compare(from: Column, to: Column, length: number, revision: number): number {
    const first = this.#first
    const next = this.#next
    const largest = to instanceof Float64Array ? LARGEST.f64 : LARGEST.u32
    let changed = 0
    for (let at = 0; at < length; at++) {
      let sum = 0
      for (let row = first[at]! - 1; row >= 0; row = next[row]! - 1) sum += from[row]!
      if (sum > largest) sum = largest
      if (sum === to[at]) continue
      to[at] = sum
      this.revisions[at] = revision
      changed++
    }
    return changed
  }
}

function grown<A extends Int32Array | Uint32Array>(old: A, length: number): A {
  const array = new (old.constructor as new (length: number) => A)(Math.ceil(length * 1.25) + 64)
  array.set(old)
  return array
}
