// The durable totals: one row a bucket (quarter-hour x agent x model x activity x prompt band) and, beside it, one row a
// quarter-hour x agent x tool. Rows only hold sums; which calls are in them is the register's knowledge.
import { Columns } from './columns.ts'
import { RowIndex } from './row-index.ts'

/** What a bucket is about, packed into 28 bits: model 16, agent 5, activity 4, band 3. */
export interface Series {
  readonly agent: number
  readonly model: number
  readonly activity: number
  readonly band: number
}

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

export const TOOL_SHAPE = { quarter: 'u32', agent: 'u16', tool: 'u16', calls: 'u32' } as const

export class Buckets {
  table: Columns<typeof BUCKET_SHAPE>
  #index: RowIndex | null = null

  constructor(table = new Columns(BUCKET_SHAPE)) {
    this.table = table
  }

  /** The row of this bucket, made if there is none. */
  rowOf(quarter: number, series: number): number {
    const index = this.#index ?? this.#buildIndex()
    const hash = mix(quarter, series)
    const { of } = this.table
    let slot = index.first(hash)
    for (let row = index.rowAt(slot); row >= 0; slot = index.next(slot), row = index.rowAt(slot)) {
      if (of.quarter[row] === quarter && of.series[row] === series) return row
    }
    const row = this.table.add()
    this.table.of.quarter[row] = quarter
    this.table.of.series[row] = series
    index.add(hash, row)
    return row
  }

  clear(): void {
    this.table = new Columns(BUCKET_SHAPE)
    this.#index = null
  }

  /** Drops what only writing needs. */
  rest(): void {
    this.#index = null
  }

  #buildIndex(): RowIndex {
    const hashOf = (row: number) => mix(this.table.of.quarter[row]!, this.table.of.series[row]!)
    this.#index = indexRows(hashOf, this.table.length)
    return this.#index
  }
}

export class ToolBuckets {
  table: Columns<typeof TOOL_SHAPE>
  #index: RowIndex | null = null

  constructor(table = new Columns(TOOL_SHAPE)) {
    this.table = table
  }

  clear(): void {
    this.table = new Columns(TOOL_SHAPE)
    this.#index = null
  }

  add(quarter: number, agent: number, tool: number, calls: number): void {
    const row = this.#rowOf(quarter, agent, tool)
    this.table.of.calls[row] = this.table.of.calls[row]! + calls
  }

  rest(): void {
    this.#index = null
  }

  #rowOf(quarter: number, agent: number, tool: number): number {
    const index = this.#index ?? this.#buildIndex()
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

  #buildIndex(): RowIndex {
    const { table } = this
    const hashOf = (row: number) =>
      mix(table.of.quarter[row]!, table.of.agent[row]! * 65536 + table.of.tool[row]!)
    this.#index = indexRows(hashOf, table.length)
    return this.#index
  }
}

function indexRows(hashOf: (row: number) => number, length: number): RowIndex {
  const index = new RowIndex(hashOf, length)
  for (let row = 0; row < length; row++) index.add(hashOf(row), row)
  return index
}

function mix(a: number, b: number): number {
  return Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77)
}
