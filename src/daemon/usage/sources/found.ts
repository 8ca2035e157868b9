// What the scanner found, a record at a time. src/scanner/found.ts describes the records.
import type { Key } from '../ledger/hash.ts'

/** Kinds of records; LINE is one that has to be parsed. */
export const [LINE, CALL, TOKENS, TOOL, TURN, TASK] = [1, 2, 3, 4, 5, 6]
/** Words of each kind, without the tools of a call. */
const WORDS = [0, 4, 20, 14, 10, 4, 2]
/** Words of one tool of a call. */
export const TOOL_WORDS = 6
const TOOLS = 18

/** Makes names of bytes. */
export interface NamesAt {
  at(bytes: Buffer, start: number, end: number): string
}

export class Found {
  /** Index of the record's first word. */
  at = 0
  /** The log's bytes, in which records say where something is. */
  bytes: Buffer = Buffer.alloc(0)
  #end = 0
  #next = 0
  readonly #words: Uint32Array
  /** The same memory. */
  readonly #doubles: Float64Array

  constructor(words: Uint32Array, doubles: Float64Array) {
    this.#words = words
    this.#doubles = doubles
  }

  /** Begins anew with `words` words of records. */
  begin(words: number): void {
    this.#next = 0
    this.#end = words
  }

  /** Goes to the next record; false behind the last. */
  next(): boolean {
    const at = this.#next
    if (at >= this.#end) return false
    this.at = at
    const kind = this.#words[at]!
    this.#next = at + WORDS[kind]! + (kind === CALL ? TOOL_WORDS * this.#words[at + TOOLS]! : 0)
    return true
  }

  get kind(): number {
    return this.#words[this.at]!
  }

  /** The line that it was found in; 1 is the first that was scanned. */
  get line(): number {
    return this.#words[this.at + 1]!
  }

  /** The record's word at `index`. */
  word(index: number): number {
    return this.#words[this.at + index]!
  }

  /** Unix milliseconds. */
  time(index: number): number {
    return this.#doubles[(this.at + index) >> 1]!
  }

  key(index: number): Key {
    return { a: this.#words[this.at + index]!, b: this.#words[this.at + index + 1]! }
  }

  /** The name between the places at `index`. */
  name(index: number, names: NamesAt): string {
    return names.at(this.bytes, this.#words[this.at + index]!, this.#words[this.at + index + 1]!)
  }

  /** The string between the places at `index`, which is valid JSON; undefined where there is none. One character a byte, as parsed. */
  string(index: number): string | undefined {
    const end = this.#words[this.at + index + 1]!
    return end === 0
      ? undefined
      : JSON.parse(this.bytes.toString('latin1', this.#words[this.at + index]!, end))
  }
}
