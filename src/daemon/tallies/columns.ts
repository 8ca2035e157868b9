// Tables as typed columns that grow together. A row is an index; nothing is an object, so that hundreds of thousands
// of rows cost what their numbers cost and are written to the checkpoint as they are.

/** What a column holds: how it is written, and one value's size in bytes. */
const TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f64: Float64Array,
} as const

export type ColumnType = keyof typeof TYPES
export type Column = InstanceType<(typeof TYPES)[ColumnType]>
export type Shape = Readonly<Record<string, ColumnType>>
export type ColumnsOf<S extends Shape> = { [K in keyof S]: InstanceType<(typeof TYPES)[S[K]]> }

export class Columns<S extends Shape> {
  /** Grown columns; longer than `length`. Read them afresh after `add`: growing replaces them. */
  of: ColumnsOf<S>
  length = 0
  readonly #shape: S
  readonly #names: readonly (keyof S)[]
  #capacity: number

  constructor(shape: S, capacity = 256) {
    this.#shape = shape
    this.#names = Object.keys(shape)
    this.#capacity = capacity
    this.of = allocate(shape, capacity)
  }

  /** Appends a row of zeros and returns its index. */
  add(): number {
    if (this.length === this.#capacity) this.#grow(Math.ceil(this.#capacity * 1.5))
    return this.length++
  }

  /** Makes room for so many further rows at once. */
  reserve(rows: number): void {
    if (this.length + rows > this.#capacity) this.#grow(this.length + rows)
  }

  /** Copies another table's rows over the rows from `first` on; a column at a time, since looking one up costs more than a value. */
  copyRows(other: Columns<S>, rows: ArrayLike<number>, first: number): void {
    const runs = runsOf(rows)
    // Hardly any row is left out where two shards are merged; rows in another order are copied one by one.
    const isRunning = runs.length * 8 < rows.length
    for (const name of this.#names) {
      const [to, from] = [this.of[name] as Column, other.of[name] as Column]
      if (isRunning) copyRuns(to, first, from, runs)
      else copyInto(to, first, from, rows)
    }
  }

  /** A table of its own with these rows, in this order. */
  pick(rows: ArrayLike<number>): Columns<S> {
    const picked = Columns.ofRows(this.#shape, rows.length)
    picked.copyRows(this, rows, 0)
    return picked
  }

  /** The columns' own bytes, one after the other in the shape's order; not copies. */
  toBuffers(): Buffer[] {
    return Object.keys(this.#shape).map((name) => {
      const column = this.of[name]!
      return Buffer.from(column.buffer, column.byteOffset, this.length * column.BYTES_PER_ELEMENT)
    })
  }

  /** What the columns lie in, in the shape's order, whole. */
  buffers(): ArrayBuffer[] {
    return this.#names.map((name) => this.of[name]!.buffer as ArrayBuffer)
  }

  /** The table whose columns lie in these `buffers`, which have room for `length` rows each; not copies. */
  static over<S extends Shape>(shape: S, length: number, buffers: readonly ArrayBuffer[]): Columns<S> {
    const table = new Columns(shape, 0)
    const columns = Object.entries(shape).map(
      ([name, type], i) => [name, new TYPES[type](buffers[i]!)] as const,
    )
    table.of = Object.fromEntries(columns) as ColumnsOf<S>
    table.length = length
    table.#capacity = Math.min(...columns.map(([, column]) => column.length))
    return table
  }

  /** A table of `length` rows of zeros; fill it through `toBuffers`. */
  static ofRows<S extends Shape>(shape: S, length: number): Columns<S> {
    const table = new Columns(shape, Math.max(length, 16))
    table.length = length
    return table
  }

  #grow(capacity: number): void {
    const old = this.of
    this.#capacity = capacity
    this.of = allocate(this.#shape, this.#capacity)
    for (const name of Object.keys(this.#shape) as (keyof S)[])
      (this.of[name] as Column).set(old[name] as Column)
  }
}

/** Row and number of rows of each run of rows that follow each other. */
function runsOf(rows: ArrayLike<number>): number[] {
  const runs: number[] = []
  for (let i = 0; i < rows.length; ) {
    const begin = i
    do i++
    while (i < rows.length && rows[i] === rows[i - 1]! + 1)
    runs.push(rows[begin]!, i - begin)
  }
  return runs
}

function copyRuns(to: Column, first: number, from: Column, runs: readonly number[]): void {
  let at = first
  for (let i = 0; i < runs.length; i += 2) {
    const [row, length] = [runs[i]!, runs[i + 1]!]
    to.set(from.subarray(row, row + length), at)
    at += length
  }
}

function copyInto(to: Column, first: number, from: Column, rows: ArrayLike<number>): void {
  for (let i = 0; i < rows.length; i++) to[first + i] = from[rows[i]!]!
}

function allocate<S extends Shape>(shape: S, capacity: number): ColumnsOf<S> {
  const columns: Record<string, Column> = {}
  for (const [name, type] of Object.entries(shape)) columns[name] = new TYPES[type](capacity)
  return columns as ColumnsOf<S>
}
