// Finds rows of a column table by hash: open addressing with linear probing, one Int32 a slot. Several rows
// may share a hash; who asks compares the rest of the key.

const NONE = -1

export class RowIndex {
  #slots: Int32Array
  #mask: number
  #used = 0
  readonly #hashOf: (row: number) => number

  /** `hashOf(row)` gives the hash again when the table grows; any 32-bit integer. */
  constructor(hashOf: (row: number) => number, expected = 0) {
    this.#hashOf = hashOf
    const size = sizeFor(expected)
    this.#slots = new Int32Array(size).fill(NONE)
    this.#mask = size - 1
  }

  /** First slot to look at; follow with `rowAt` and `next` until `rowAt` is negative. */
  first(hash: number): number {
    return spread(hash) & this.#mask
  }

  next(slot: number): number {
    return (slot + 1) & this.#mask
  }

  rowAt(slot: number): number {
    return this.#slots[slot]!
  }

  add(hash: number, row: number): void {
    if ((this.#used + 1) * 4 > this.#slots.length * 3) this.#grow(this.#slots.length * 2)
    let slot = this.first(hash)
    while (this.#slots[slot] !== NONE) slot = this.next(slot)
    this.#slots[slot] = row
    this.#used++
  }

  /** The row in each slot, negative where there is none; until the next `add` or `reserve`. Whoever writes here says so with `took`. */
  get slots(): Int32Array {
    return this.#slots
  }

  /** So many rows were written into `slots`, for which there was room. */
  took(rows: number): void {
    this.#used += rows
  }

  /** Makes room for so many further rows at once. */
  reserve(rows: number): void {
    const size = sizeFor(this.#used + rows)
    if (size > this.#slots.length) this.#grow(size)
  }

  #grow(size: number): void {
    const old = this.#slots
    this.#slots = new Int32Array(size).fill(NONE)
    this.#mask = this.#slots.length - 1
    for (const row of old) {
      if (row === NONE) continue
      let slot = this.first(this.#hashOf(row))
      while (this.#slots[slot] !== NONE) slot = this.next(slot)
      this.#slots[slot] = row
    }
  }
}

function sizeFor(expected: number): number {
  let size = 1024
  while (size * 3 < expected * 4) size *= 2
  return size
}

function spread(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 4
}
