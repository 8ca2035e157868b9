// What stays the same from line to line. Log lines repeat their keys and most of their values: a stencil holds all that lies
// between the values that vary, to be compared at once instead of being walked.
import { startsWith, viewOf } from './json-bytes.ts'

/** A value that is not looked into, and what earlier lines had in its place. */
export interface Leaf {
  /** Where its start and end are noted; negative for nowhere. */
  readonly slot: number
  /** Takes the value itself, and wants to see each. */
  readonly reader: unknown
  last: Buffer | null
  /** Two lines had different values here; from then on it is no part of a stencil. */
  varies: boolean
}

/** Longer values are never taken for the same, and of a line with more than so much there is no stencil. */
const VALUE_CAP = 128
const LITERALS_CAP = 4096
const LEAVES_CAP = 128

/** A line is `literals[0]`, `leaves[0]`, `literals[1]` and so on; a literal is the last. */
export interface Stencil<L extends Leaf> {
  readonly literals: readonly Literal[]
  readonly leaves: readonly L[]
  /** Of each literal: slot, start and end of every value in it. */
  readonly marks: readonly (readonly number[])[]
}

/** Hears what is in a line while it is walked. */
export class StencilMaker<L extends Leaf> {
  readonly #leaves: (L | null)[] = []
  /** Of each leaf, or, where that is null, of an object that is looked into: slot, start, end. */
  readonly #places: number[] = []

  leaf(leaf: L, start: number, end: number): void {
    this.#leaves.push(leaf)
    this.#places.push(leaf.slot, start, end)
  }

  /** Of an object only the beginning is noted. */
  open(slot: number, start: number): void {
    this.#leaves.push(null)
    this.#places.push(slot, start, start + 1)
  }

  /** The stencil of the line between `from` and `end`; null if it is not worth one. */
  make(bytes: Buffer, from: number, end: number): Stencil<L> | null {
    const literals: Literal[] = []
    const leaves: L[] = []
    const marks: number[][] = [[]]
    let begin = from
    for (const [i, leaf] of this.#leaves.entries()) {
      const [slot, start, behind] = this.#places.slice(3 * i) as [number, number, number]
      if (leaf === null || isSteady(leaf, bytes, start, behind)) {
        if (slot >= 0) marks.at(-1)!.push(slot, start - begin, behind - begin)
        continue
      }
      literals.push(new Literal(bytes.subarray(begin, start)))
      leaves.push(leaf)
      marks.push([])
      begin = behind
    }
    literals.push(new Literal(bytes.subarray(begin, end)))
    const size = literals.reduce((sum, { length }) => sum + length, 0)
    return size <= LITERALS_CAP && leaves.length <= LEAVES_CAP ? { literals, leaves, marks } : null
  }
}

/** Whether every line so far had this value here. */
function isSteady(leaf: Leaf, bytes: Buffer, start: number, end: number): boolean {
  if (leaf.reader !== null || leaf.varies || end - start > VALUE_CAP) return false
  const value = bytes.subarray(start, end)
  leaf.last ??= Buffer.from(value)
  leaf.varies = !value.equals(leaf.last)
  return !leaf.varies
}

/** Bytes that are expected to stand in a line. */
export class Literal {
  readonly length: number
  /** Its bytes four at a time; of a length that is no multiple of four the last word overlaps the one before. */
  readonly #words: Int32Array
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
    this.length = bytes.length
    const count = bytes.length < 4 ? 0 : Math.ceil(bytes.length / 4)
    this.#words = Int32Array.from({ length: count }, (_, i) =>
      this.#bytes.readInt32LE(Math.min(4 * i, bytes.length - 4)),
    )
  }

  /** Whether it stands at `at`. Most steps of a walk are here. */
  isAt(bytes: Buffer, at: number): boolean {
    const { length } = this
    if (length < 4) return startsWith(bytes, at, this.#bytes)
    const words = this.#words
    const last = words.length - 1
    if (at + length > bytes.length) return false
    const view = viewOf(bytes)
    for (let i = 0; i < last; i++) if (view.getInt32(at + 4 * i, true) !== words[i]) return false
    return view.getInt32(at + length - 4, true) === words[last]
  }
}
