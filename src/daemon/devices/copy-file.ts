// A copy as it lies on disk: names as lists, columns as their bytes in base64 with a checksum. Reading 25,000 buckets takes
// milliseconds, because nothing is an object for each.
import { crc32 } from 'node:zlib'
import { fitsQuotas } from '../../contract/generated/wire.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import {
  activityOf,
  agentOf,
  BUCKET_SHAPE,
  Buckets,
  modelOf,
  TOOL_SHAPE,
  ToolBuckets,
} from '../tallies/buckets.ts'
import { Columns, type Shape } from '../tallies/columns.ts'
import { Names } from '../tallies/names.ts'
import { Copy, type CopyFacts } from './copy.ts'

/** Of the file's shape; a file of another one is put aside, and the device is asked anew. */
export const COPY_SCHEMA = 1

interface StoredTable {
  readonly rows: number
  readonly crc: number
  readonly base64: string
}

export interface StoredCopy extends Omit<CopyFacts, 'quotas'> {
  /** Absent in what was kept before there were any. */
  readonly quotas?: CopyFacts['quotas']
  readonly agents: readonly string[]
  readonly models: readonly string[]
  readonly tools: readonly string[]
  readonly activities: readonly string[]
  readonly buckets: StoredTable
  readonly toolBuckets: StoredTable
}

/** What the copy is now; later changes of it are not in there. */
export function pack(copy: Copy): StoredCopy {
  const { agents, models, tools, activities, buckets, toolBuckets } = copy.totals
  const { name, timeZone, program, cursor, asOf, quotas } = copy
  return {
    name,
    timeZone,
    program,
    cursor,
    asOf,
    quotas,
    agents: [...agents.list],
    models: [...models.list],
    tools: [...tools.list],
    activities: [...activities.list],
    buckets: packTable(buckets.table),
    toolBuckets: packTable(toolBuckets.table),
  }
}

/** For what `isStoredCopy` took. */
export function unpack(stored: StoredCopy): Copy {
  const { agents, models, tools, activities, buckets, toolBuckets, quotas = [], ...facts } = stored
  return new Copy(
    { ...facts, quotas },
    {
      agents: new Names(agents),
      models: new Names(models),
      tools: new Names(tools),
      activities: new Names(activities),
      buckets: new Buckets(unpackTable(buckets, BUCKET_SHAPE)!),
      toolBuckets: new ToolBuckets(unpackTable(toolBuckets, TOOL_SHAPE)!),
    },
  )
}

/** Whether these are facts, names and columns that belong together. Never throws. */
export function isStoredCopy(data: unknown): data is StoredCopy {
  if (typeof data !== 'object' || data === null) return false
  const { agents, models, tools, activities, buckets, toolBuckets, ...facts } = data as Partial<StoredCopy>
  const texts = [facts.name, facts.timeZone, facts.program, facts.cursor]
  if (!texts.every((text) => text === null || typeof text === 'string')) return false
  if (facts.asOf !== null && !Number.isFinite(facts.asOf)) return false
  if (facts.quotas !== undefined && !fitsQuotas(facts.quotas)) return false
  if (!isNames(agents, WIRE.agents) || !isNames(models, WIRE.names)) return false
  if (!isNames(tools, WIRE.names) || !isNames(activities, WIRE.activities)) return false
  const table = unpackTable(buckets, BUCKET_SHAPE, WIRE.buckets)
  const toolTable = unpackTable(toolBuckets, TOOL_SHAPE, WIRE.toolCalls)
  if (table === null || toolTable === null) return false
  return (
    table.of.series.subarray(0, table.length).every((series) => {
      const known = modelOf(series) < models.length && activityOf(series) < activities.length
      return known && agentOf(series) < agents.length
    }) &&
    toolTable.of.agent.subarray(0, toolTable.length).every((agent) => agent < agents.length) &&
    toolTable.of.tool.subarray(0, toolTable.length).every((tool) => tool < tools.length)
  )
}

function isNames(list: unknown, cap: number): list is string[] {
  return (
    Array.isArray(list) &&
    list.length <= cap &&
    list.every((name) => typeof name === 'string' && name.length <= 2 * WIRE.nameLength) &&
    new Set(list).size === list.length
  )
}

function packTable(table: { readonly length: number; toBuffers(): Buffer[] }): StoredTable {
  const bytes = Buffer.concat(table.toBuffers())
  return { rows: table.length, crc: crc32(bytes), base64: bytes.toString('base64') }
}

/** Null if it is not what was packed. */
function unpackTable<S extends Shape>(
  stored: Partial<StoredTable> | undefined,
  shape: S,
  cap = Number.MAX_SAFE_INTEGER,
): Columns<S> | null {
  const { rows, crc, base64 } = stored ?? {}
  if (!Number.isInteger(rows) || rows! < 0 || rows! > cap || typeof base64 !== 'string') return null
  const bytes = Buffer.from(base64, 'base64')
  if (crc32(bytes) !== crc) return null
  const table = Columns.ofRows(shape, rows!)
  let at = 0
  for (const column of table.toBuffers()) {
    if (at + column.length > bytes.length) return null
    bytes.copy(column, 0, at, at + column.length)
    at += column.length
  }
  return at === bytes.length ? table : null
}
