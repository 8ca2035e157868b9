// A shard: some of the logs, read into a ledger of their own. Two threads each read one; merging them gives what one
// thread would have counted.
import { Columns, type Shape } from '../../tallies/columns.ts'
import { Names } from '../../tallies/names.ts'
import { Ledger } from '../ledger/ledger.ts'
import { CALL_SHAPE, Register, SESSION_SHAPE, TOOL_CALL_SHAPE } from '../ledger/register.ts'
import { sourceOf } from '../sources/sources.ts'
import type { LogFile } from './log-file.ts'
import { LogReader } from './reader.ts'

export interface ShardContext {
  /** Unix milliseconds. */
  readonly now: number
  onBytes(bytes: number): void
  onFile(file: LogFile): void
  onFailure(file: LogFile, code: string): void
}

/** Takes files from `next` until there are none and reads each to its end. */
export function readShard(ledger: Ledger, next: () => LogFile | undefined, context: ShardContext): void {
  const reader = new LogReader()
  for (let file = next(); file !== undefined; file = next()) {
    const { agent } = file
    const sink = ledger.sinkOf(agent)
    try {
      for (const bytes of reader.read(file, { source: sourceOf(agent), now: context.now, sink }))
        context.onBytes(bytes)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      context.onFailure(file, code)
    }
    context.onFile(file)
  }
}

/** What a shard counted, as bytes that can be handed to another thread. */
export interface PackedShard {
  readonly agents: readonly string[]
  readonly models: readonly string[]
  readonly tools: readonly string[]
  readonly calls: PackedColumns
  readonly sessions: PackedColumns
  readonly toolCalls: PackedColumns
}

interface PackedColumns {
  readonly rows: number
  readonly bytes: Uint8Array
}

export function packShard({ agents, models, tools, register }: Ledger): PackedShard {
  const pack = (table: { length: number; toBuffers(): Buffer[] }): PackedColumns => ({
    rows: table.length,
    bytes: Buffer.concat(table.toBuffers()),
  })
  return {
    agents: agents.list,
    models: models.list,
    tools: tools.list,
    calls: pack(register.calls.table),
    sessions: pack(register.sessions.table),
    toolCalls: pack(register.toolCalls.table),
  }
}

/** A ledger that knows what the shard counted; its buckets are empty, since only merging is asked of it. */
export function unpackShard(packed: PackedShard): Ledger {
  const names = {
    agents: new Names(packed.agents),
    models: new Names(packed.models),
    tools: new Names(packed.tools),
  }
  const { calls, sessions, toolCalls } = packed
  return new Ledger(
    names,
    () =>
      new Register(
        unpack(CALL_SHAPE, calls),
        unpack(SESSION_SHAPE, sessions),
        unpack(TOOL_CALL_SHAPE, toolCalls),
      ),
  )
}

function unpack<S extends Shape>(shape: S, { rows, bytes }: PackedColumns): Columns<S> {
  const table = Columns.ofRows(shape, rows)
  let at = 0
  for (const part of table.toBuffers()) {
    part.set(bytes.subarray(at, at + part.length))
    at += part.length
  }
  return table
}
