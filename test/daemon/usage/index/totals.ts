// Everything that usage tells of all history, as lines that can be compared.
import type { Usage } from '../../../../src/daemon/usage/usage.ts'
import { summaryOf } from '../usage-home.ts'

export function dumpTotals(usage: Usage): string[] {
  const all = { range: 'all', timeZone: 'UTC' } as const
  const calls = summaryOf(usage, { ...all, by: ['hour', 'agent', 'model', 'activity'] })
  const tools = summaryOf(usage, { ...all, by: ['hour', 'agent', 'tool'] })
  const rows = [...calls.rows, ...tools.rows].map((row) => JSON.stringify(row)).sort()
  return [JSON.stringify(calls.total), JSON.stringify(tools.total), ...rows]
}
