// A ledger as plain sorted rows, so that two of them can be compared whatever the order in which they were told.
import { ACTIVITIES } from '../../../src/contract/usage.ts'
import {
  activityOf,
  agentOf,
  BUCKET_SHAPE,
  bandOfSeries,
  modelOf,
} from '../../../src/daemon/tallies/buckets.ts'
import { QUARTER_MS } from '../../../src/daemon/tallies/quarters.ts'
import type { Ledger } from '../../../src/daemon/usage/ledger/ledger.ts'

export type DumpRow = Readonly<Record<string, string | number>>

export interface Dump {
  readonly rows: readonly DumpRow[]
  readonly tools: readonly DumpRow[]
}

const SUMS = Object.keys(BUCKET_SHAPE).filter((name) => name !== 'quarter' && name !== 'series')

/** Buckets that hold calls, and tool buckets, each sorted; sums that are 0 are left out, but for sessions. */
export function dumpOf(ledger: Ledger): Dump {
  return { rows: sorted(bucketRows(ledger)), tools: sorted(toolRows(ledger)) }
}

function bucketRows({ buckets: { table }, agents, models }: Ledger): DumpRow[] {
  const rows: DumpRow[] = []
  for (let row = 0; row < table.length; row++) {
    const sums = SUMS.map((name) => [name, table.of[name as keyof typeof BUCKET_SHAPE][row]!] as const)
    const series = table.of.series[row]!
    if (sums.every(([, value]) => value === 0)) continue
    const band = bandOfSeries(series)
    rows.push({
      quarter: printed(table.of.quarter[row]!),
      agent: agents.nameOf(agentOf(series)),
      model: models.nameOf(modelOf(series)),
      activity: ACTIVITIES[activityOf(series)]!,
      ...(band === 0 ? {} : { band }),
      ...Object.fromEntries(
        sums.filter(([name, value]) => value !== 0 || name === 'sessions' || name === 'calls'),
      ),
    })
  }
  return rows
}

function toolRows({ toolBuckets: { table }, agents, tools }: Ledger): DumpRow[] {
  return Array.from({ length: table.length }, (_, row) => ({
    quarter: printed(table.of.quarter[row]!),
    agent: agents.nameOf(table.of.agent[row]!),
    tool: tools.nameOf(table.of.tool[row]!),
    calls: table.of.calls[row]!,
  })).filter(({ calls }) => calls !== 0)
}

function printed(quarter: number): string {
  return `${new Date(quarter * QUARTER_MS).toISOString().slice(0, 16)}Z`
}

function sorted(rows: readonly DumpRow[]): DumpRow[] {
  const keyOf = (row: DumpRow) =>
    ['quarter', 'agent', 'model', 'tool', 'activity', 'band'].map((name) => row[name] ?? '').join('\n')
  return [...rows].sort((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1))
}
