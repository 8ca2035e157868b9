// A shard: some of the logs, read into a ledger of their own. Two threads each read one; merging them gives what one
// thread would have counted.
import { Columns, type Shape } from '../../tallies/columns.ts'
import { Names } from '../../tallies/names.ts'
import { Ledger } from '../ledger/ledger.ts'
import { CALL_SHAPE, Register, SESSION_SHAPE, TOOL_CALL_SHAPE } from '../ledger/register.ts'
import { Scanner } from '../sources/scanner.ts'
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
  const reader = new LogReader(Scanner.ifPossible())
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

/** What a shard counted, as what can be handed to another thread without copying. */
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
  /** In the shape's order; longer than the rows need. */
  readonly buffers: readonly ArrayBuffer[]
}

/** The ledger is of no use afterwards: its columns go along. */
export function packShard({ agents, models, tools, register }: Ledger): PackedShard {
  const pack = <S extends Shape>(table: Columns<S>): PackedColumns => ({
    rows: table.length,
    buffers: table.buffers(),
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

/** What is to be transferred with the shard. */
export function buffersOf({ calls, sessions, toolCalls }: PackedShard): ArrayBuffer[] {
  return [calls, sessions, toolCalls].flatMap(({ buffers }) => buffers)
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
        Columns.over(CALL_SHAPE, calls.rows, calls.buffers),
        Columns.over(SESSION_SHAPE, sessions.rows, sessions.buffers),
        Columns.over(TOOL_CALL_SHAPE, toolCalls.rows, toolCalls.buffers),
      ),
  )
}
