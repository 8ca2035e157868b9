// Names as `name` of fields.ts gives them, each made once: there are few, and each is on thousands of lines.
import { name } from './fields.ts'
import type { NamesAt } from './found.ts'

/** Names remembered at most, and bytes of one that is. */
const PLACES = 128
const LENGTH_CAP = 200

export class KnownNames implements NamesAt {
  readonly #absent: string
  readonly #known: ({ bytes: Buffer; name: string } | null)[] = new Array(PLACES).fill(null)

  /** `absent` is the name of what has none. */
  constructor(absent: string) {
    this.#absent = absent
  }

  /** The name that the bytes between `start` and `end` give. */
  at(bytes: Buffer, start: number, end: number): string {
    // Two names that meet in one place take turns in it.
    const place = (end - start + bytes[start]! * 3 + bytes[end - 1]! * 5) % PLACES
    const known = this.#known[place]!
    const length = end - start
    if (length > LENGTH_CAP) return name(bytes.toString('latin1', start, end), this.#absent)
    if (known !== null && known.bytes.length === length && isSame(known.bytes, bytes, start, length))
      return known.name
    const fresh = name(bytes.toString('latin1', start, end), this.#absent)
    this.#known[place] = { bytes: Buffer.from(bytes.subarray(start, end)), name: fresh }
    return fresh
  }
}

/** Names differ at their ends first. */
function isSame(known: Buffer, bytes: Buffer, start: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (known[i] !== bytes[start + i]) return false
  return true
}
