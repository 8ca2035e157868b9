// Who is known already: every counted call, tool call and session, so that each counts once however often the logs tell
// of it. Only needed while something is read; the daemon drops it when idle and loads it from the checkpoint again.
import { Columns } from '../../tallies/columns.ts'
import { RowIndex } from '../../tallies/row-index.ts'
import type { Key } from './hash.ts'

/** How a call's row is told apart from others with its key; `gone` rows were found to be another's copy. */
export const KIND = { request: 0, replay: 1, family: 2, gone: 3 } as const

/** 65 bytes a call. `first` and `rank` are Unix milliseconds. */
export const CALL_SHAPE = {
  first: 'f64',
  rank: 'f64',
  a: 'u32',
  b: 'u32',
  apart: 'u32',
  session: 'u32',
  input: 'u32',
  output: 'u32',
  cacheRead: 'u32',
  cacheWrite5m: 'u32',
  cacheWrite1h: 'u32',
  reasoning: 'u32',
  webSearches: 'u32',
  model: 'u16',
  kind: 'u8',
  agent: 'u8',
  activity: 'u8',
} as const

/** `parent` joins sessions that are one (a union-find forest); `startCall` is only right at a root. */
export const SESSION_SHAPE = { a: 'u32', b: 'u32', parent: 'u32', startCall: 'u32' } as const

export const TOOL_CALL_SHAPE = { a: 'u32', b: 'u32', quarter: 'u32', agent: 'u16', tool: 'u16' } as const

export const NO_CALL = 0xffff_ffff

/** A keyed table with its index. */
export class Keyed<S extends { readonly a: 'u32'; readonly b: 'u32' }> {
  readonly table: Columns<S>
  #index: RowIndex | null = null

  constructor(table: Columns<S>) {
    this.table = table
  }

  /** Made when something is first looked for: of a shard that is merged, nothing is. */
  get index(): RowIndex {
    this.#index ??= this.#buildIndex()
    return this.#index
  }

  /** Makes room for so many further rows at once. */
  reserve(rows: number): void {
    this.table.reserve(rows)
    this.index.reserve(rows)
  }

  #buildIndex(): RowIndex {
    const hashOf = (row: number) => (this.table.of.a as Uint32Array)[row]! | 0
    const index = new RowIndex(hashOf, this.table.length)
    for (let row = 0; row < this.table.length; row++) index.add(hashOf(row), row)
    return index
  }

  /** The first row that carries the key, -1 if none does. */
  firstRow(keyA: number, keyB: number): number {
    return this.#rowFrom(this.index.first(keyA | 0), keyA, keyB)
  }

  /** A further row with the same key, -1 behind the last; begin with `firstRow`. Hardly any key has two rows. */
  nextRow(row: number): number {
    const { index } = this
    const a = (this.table.of.a as Uint32Array)[row]!
    const b = (this.table.of.b as Uint32Array)[row]!
    let slot = index.first(a | 0)
    while (index.rowAt(slot) !== row) slot = index.next(slot)
    return this.#rowFrom(index.next(slot), a, b)
  }

  #rowFrom(start: number, keyA: number, keyB: number): number {
    const { index } = this
    const a = this.table.of.a as Uint32Array
    const b = this.table.of.b as Uint32Array
    let slot = start
    let row = index.rowAt(slot)
    while (row >= 0 && (a[row] !== keyA || b[row] !== keyB)) {
      slot = index.next(slot)
      row = index.rowAt(slot)
    }
    return row
  }

  /**
   * Appends copies of another table's rows whose keys nobody here carries, key and all; returns the first, and in `known` the rows
   * that were left out. `wanted` says which rows are to be looked at; null for all.
   */
  addUnknown(
    other: Columns<S>,
    wanted: ((row: number) => boolean) | null,
  ): { first: number; taken: Uint32Array; known: number[] } {
    const { table, index } = this
    const first = table.length
    this.reserve(other.length)
    const [theirA, theirB] = [other.of.a as Uint32Array, other.of.b as Uint32Array]
    const [a, b] = [table.of.a as Uint32Array, table.of.b as Uint32Array]
    const { slots } = index
    const taken = new Uint32Array(other.length)
    const known: number[] = []
    let count = 0
    // The same as `firstRow` and `addKey`, without a call for each of some hundred thousand rows.
    for (let row = 0; row < other.length; row++) {
      if (wanted !== null && !wanted(row)) continue
      const [keyA, keyB] = [theirA[row]!, theirB[row]!]
      let slot = index.first(keyA | 0)
      let found = slots[slot]!
      while (found >= 0 && (a[found] !== keyA || b[found] !== keyB)) {
        slot = (slot + 1) & (slots.length - 1)
        found = slots[slot]!
      }
      if (found >= 0) known.push(row)
      else {
        slots[slot] = first + count
        a[first + count] = keyA
        b[first + count] = keyB
        taken[count++] = row
      }
    }
    index.took(count)
    table.length += count
    table.copyRows(other, taken.subarray(0, count), first)
    return { first, taken: taken.subarray(0, count), known }
  }

  add({ a, b }: Key): number {
    return this.addKey(a, b)
  }

  addKey(a: number, b: number): number {
    const { index } = this
    const row = this.table.add()
    ;(this.table.of.a as Uint32Array)[row] = a
    ;(this.table.of.b as Uint32Array)[row] = b
    index.add(a | 0, row)
    return row
  }
}

export class Register {
  readonly calls: Keyed<typeof CALL_SHAPE>
  readonly sessions: Keyed<typeof SESSION_SHAPE>
  readonly toolCalls: Keyed<typeof TOOL_CALL_SHAPE>
  /** What is told in a row is of one session; looking it up waits for memory three times. */
  #lastSession: Key = { a: -1, b: -1 }
  #lastRow = -1

  constructor(
    calls = new Columns(CALL_SHAPE),
    sessions = new Columns(SESSION_SHAPE),
    toolCalls = new Columns(TOOL_CALL_SHAPE),
  ) {
    this.calls = new Keyed(calls)
    this.sessions = new Keyed(sessions)
    this.toolCalls = new Keyed(toolCalls)
  }

  /** The session's row, made if it is new. */
  sessionRow(key: Key): number {
    if (key.a === this.#lastSession.a && key.b === this.#lastSession.b) return this.#lastRow
    const known = this.sessions.firstRow(key.a, key.b)
    this.#lastRow = known >= 0 ? known : this.#addSession(key)
    this.#lastSession = key
    return this.#lastRow
  }

  #addSession(key: Key): number {
    const row = this.sessions.add(key)
    const { of } = this.sessions.table
    of.parent[row] = row
    of.startCall[row] = NO_CALL
    return row
  }

  sessionKey(row: number): Key {
    const { a, b } = this.sessions.table.of
    return { a: a[row]!, b: b[row]! }
  }

  /** The root of the session's family; halves the path on its way. */
  rootOf(session: number): number {
    const { parent } = this.sessions.table.of
    let row = session
    while (parent[row] !== row) {
      parent[row] = parent[parent[row]!]!
      row = parent[row]!
    }
    return row
  }
}
