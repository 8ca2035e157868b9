// The durable totals: one row a bucket (quarter-hour x agent x model x activity x prompt band) and, beside it, one row a
// quarter-hour x agent x tool. Rows only hold sums; which calls are in them is the register's knowledge.
import { Blocks } from './blocks.ts'
import { Columns } from './columns.ts'
import { RowIndex } from './row-index.ts'

/** What a bucket is about, packed into 28 bits: model 16, agent 5, activity 4, band 3. */
export interface Series {
  readonly agent: number
  readonly model: number
  readonly activity: number
  readonly band: number
}

/** How many series there can be. */
const SERIES = 2 ** 28

export function packSeries({ agent, model, activity, band }: Series): number {
  return model * 4096 + agent * 128 + activity * 8 + band
}
export const modelOf = (series: number): number => series >>> 12
export const agentOf = (series: number): number => (series >>> 7) & 31
export const activityOf = (series: number): number => (series >>> 3) & 15
export const bandOfSeries = (series: number): number => series & 7

/** 68 bytes a bucket. Sums of tokens are doubles: exact up to 2^53. */
export const BUCKET_SHAPE = {
  quarter: 'u32',
  series: 'u32',
  calls: 'u32',
  sessions: 'u32',
  webSearches: 'u32',
  input: 'f64',
  output: 'f64',
  cacheRead: 'f64',
  cacheWrite5m: 'f64',
  cacheWrite1h: 'f64',
  reasoning: 'f64',
} as const

/** The columns of a bucket that are sums. */
export const BUCKET_SUMS = [
  'calls',
  'sessions',
  'webSearches',
  'input',
  'output',
  'cacheRead',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
] as const

export const TOOL_SHAPE = { quarter: 'u32', agent: 'u16', tool: 'u16', calls: 'u32' } as const

/** Quarter-hours from the first that holds calls to the last. */
export interface Span {
  readonly first: number
  readonly last: number
}

export class Buckets {
  table: Columns<typeof BUCKET_SHAPE>
  readonly blocks = new Blocks()
  #index: RowIndex | null = null
  /** Of each block, with the version that it is of. */
  #spans: (Span & { readonly version: number })[] = []

  constructor(table = new Columns(BUCKET_SHAPE)) {
    this.table = table
  }

  /** The row of this bucket, made if there is none. To be asked before every change: it is how a block is known to change. */
  rowOf(quarter: number, series: number): number {
    this.#index ??= this.#buildIndex()
    const index = this.#index
    const hash = mix(quarter, series)
    const { of } = this.table
    let slot = index.first(hash)
    for (let row = index.rowAt(slot); row >= 0; slot = index.next(slot), row = index.rowAt(slot)) {
      if (of.quarter[row] !== quarter || of.series[row] !== series) continue
      this.blocks.touch(row)
      return row
    }
    const row = this.table.add()
    this.table.of.quarter[row] = quarter
    this.table.of.series[row] = series
    index.add(hash, row)
    this.blocks.touch(row)
    return row
  }

  /** The row of this bucket; -1 if there is none. */
  find(quarter: number, series: number): number {
    const index = this.#index ?? this.#buildIndex()
    const { of } = this.table
    let slot = index.first(mix(quarter, series))
    for (let row = index.rowAt(slot); row >= 0; slot = index.next(slot), row = index.rowAt(slot)) {
      if (of.quarter[row] === quarter && of.series[row] === series) return row
    }
    return -1
  }

  /** Forgets every row; there is room for so many new ones. */
  clear(expected = 0): void {
    this.table = new Columns(BUCKET_SHAPE)
    this.table.reserve(expected)
    this.#index = expected === 0 ? null : this.#buildIndex(expected)
    this.blocks.touchAll()
  }

  /** Puts the rows in the order of time: what is asked by day then lies together. */
  sort(): void {
    const { of, length } = this.table
    // Numbers are sorted ten times as fast as rows that have to be compared. Exact for a thousand years from now.
    const keys = new Float64Array(length)
    for (let row = 0; row < length; row++) keys[row] = of.quarter[row]! * SERIES + of.series[row]!
    keys.sort()
    const order = new Uint32Array(length)
    for (let at = 0; at < length; at++) {
      order[at] = this.find(Math.floor(keys[at]! / SERIES), keys[at]! % SERIES)
    }
    const sorted = this.table.pick(order)
    this.clear()
    this.table = sorted
  }

  /** Null without any call. */
  get span(): Span | null {
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let block = 0; block < Blocks.count(this.table.length); block++) {
      const span = this.#spanOf(block)
      first = Math.min(first, span.first)
      last = Math.max(last, span.last)
    }
    return first <= last ? { first, last } : null
  }

  #spanOf(block: number): Span {
    const version = this.blocks.versionOf(block)
    const known = this.#spans[block]
    if (known?.version === version) return known
    const { of, length } = this.table
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    const end = Math.min(length, Blocks.start(block + 1))
    for (let row = Blocks.start(block); row < end; row++) {
      if (of.calls[row] === 0) continue
      const quarter = of.quarter[row]!
      if (quarter < first) first = quarter
      if (quarter > last) last = quarter
    }
    const span = { first, last, version }
    this.#spans[block] = span
    return span
  }

  /** Drops what only writing needs. */
  rest(): void {
    this.#index = null
  }

  #buildIndex(expected = 0): RowIndex {
    const hashOf = (row: number) => mix(this.table.of.quarter[row]!, this.table.of.series[row]!)
    return indexRows(hashOf, this.table.length, expected)
  }
}

export class ToolBuckets {
  table: Columns<typeof TOOL_SHAPE>
  #index: RowIndex | null = null

  constructor(table = new Columns(TOOL_SHAPE)) {
    this.table = table
  }

  /** Forgets every row; there is room for so many new ones. */
  clear(expected = 0): void {
    this.table = new Columns(TOOL_SHAPE)
    this.table.reserve(expected)
    this.#index = expected === 0 ? null : this.#buildIndex(expected)
  }

  add(quarter: number, agent: number, tool: number, calls: number): void {
    const row = this.rowOf(quarter, agent, tool)
    this.table.of.calls[row] = this.table.of.calls[row]! + calls
  }

  rest(): void {
    this.#index = null
  }

  /** The row of this tool's calls; -1 if there is none. */
  find(quarter: number, agent: number, tool: number): number {
    const index = this.#index ?? this.#buildIndex()
    const { of } = this.table
    let slot = index.first(mix(quarter, agent * 65536 + tool))
    for (let row = index.rowAt(slot); row >= 0; slot = index.next(slot), row = index.rowAt(slot)) {
      if (of.quarter[row] === quarter && of.agent[row] === agent && of.tool[row] === tool) return row
    }
    return -1
  }

  /** The row of this tool's calls, made if there is none. */
  rowOf(quarter: number, agent: number, tool: number): number {
    this.#index ??= this.#buildIndex()
    const index = this.#index
    const hash = mix(quarter, agent * 65536 + tool)
    const { of } = this.table
    let slot = index.first(hash)
    for (let row = index.rowAt(slot); row >= 0; slot = index.next(slot), row = index.rowAt(slot)) {
      if (of.quarter[row] === quarter && of.agent[row] === agent && of.tool[row] === tool) return row
    }
    const row = this.table.add()
    this.table.of.quarter[row] = quarter
    this.table.of.agent[row] = agent
    this.table.of.tool[row] = tool
    index.add(hash, row)
    return row
  }

  #buildIndex(expected = 0): RowIndex {
    const { table } = this
    const hashOf = (row: number) =>
      mix(table.of.quarter[row]!, table.of.agent[row]! * 65536 + table.of.tool[row]!)
    return indexRows(hashOf, table.length, expected)
  }
}

function indexRows(hashOf: (row: number) => number, length: number, expected: number): RowIndex {
  const index = new RowIndex(hashOf, Math.max(length, expected))
  for (let row = 0; row < length; row++) index.add(hashOf(row), row)
  return index
}

function mix(a: number, b: number): number {
  return Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)
}
