// Totals for tests: written as rows with names, read back as lines with names, however the columns number them.
import fc from 'fast-check'
import { ACTIVITIES } from '../../../src/contract/words.ts'
import {
  activityOf,
  agentOf,
  Buckets,
  bandOfSeries,
  modelOf,
  packSeries,
  ToolBuckets,
} from '../../../src/daemon/tallies/buckets.ts'
import { Names } from '../../../src/daemon/tallies/names.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'

export interface MadeBucket {
  readonly quarter: number
  readonly agent: string
  readonly model: string
  readonly activity: number
  readonly band: number
  readonly calls: number
}

export interface MadeToolCalls {
  readonly quarter: number
  readonly agent: string
  readonly tool: string
  readonly calls: number
}

/** 2026-02-28. */
export const FIRST_QUARTER = 1_969_152
export const MODELS = [
  'claude-opus-4-8',
  'gpt-5.5',
  'claude-haiku-4-5',
  '/home/alice/acme.gguf',
  'acme-secret',
  '__proto__',
]
export const TOOLS = ['Bash', 'Edit', 'mcp__acme__search', 'mcp__jira__read', 'acme_tool', '__proto__']

export const bucket = fc.record({
  quarter: fc.integer({ min: FIRST_QUARTER, max: FIRST_QUARTER + 5 }),
  agent: fc.constantFrom('claude-code', 'codex'),
  model: fc.constantFrom(...MODELS),
  activity: fc.integer({ min: 0, max: ACTIVITIES.length - 1 }),
  band: fc.integer({ min: 0, max: 1 }),
  calls: fc.integer({ min: 0, max: 9 }),
})

export const toolCalls = fc.record({
  quarter: fc.integer({ min: FIRST_QUARTER, max: FIRST_QUARTER + 5 }),
  agent: fc.constantFrom('claude-code', 'codex'),
  tool: fc.constantFrom(...TOOLS),
  calls: fc.integer({ min: 0, max: 9 }),
})

export function noTotals(): Totals {
  return {
    agents: new Names(),
    models: new Names(),
    tools: new Names(),
    buckets: new Buckets(),
    toolBuckets: new ToolBuckets(),
  }
}

export function totalsOf(buckets: readonly MadeBucket[], tools: readonly MadeToolCalls[] = []): Totals {
  const totals = noTotals()
  for (const each of buckets) setBucket(totals, each)
  for (const each of tools) setToolCalls(totals, each)
  return totals
}

/** Makes the bucket what its number of calls says; 0 empties it. */
export function setBucket(
  totals: Totals,
  { quarter, agent, model, activity, band, calls }: MadeBucket,
): void {
  const series = { agent: totals.agents.idOf(agent), model: totals.models.idOf(model), activity, band }
  const row = totals.buckets.rowOf(quarter, packSeries(series))
  const { of } = totals.buckets.table
  of.calls[row] = calls
  of.sessions[row] = Math.min(1, calls)
  of.webSearches[row] = calls > 5 ? 1 : 0
  of.input[row] = calls * 1_000 + (calls > 0 ? quarter % 7 : 0)
  of.output[row] = calls * 300
  of.cacheRead[row] = calls * 50_000
  of.cacheWrite5m[row] = calls * 70
  of.cacheWrite1h[row] = calls * 11
  of.reasoning[row] = calls * 20
}

export function setToolCalls(totals: Totals, { quarter, agent, tool, calls }: MadeToolCalls): void {
  const row = totals.toolBuckets.rowOf(quarter, totals.agents.idOf(agent), totals.tools.idOf(tool))
  totals.toolBuckets.table.of.calls[row] = calls
}

/** As a recount makes them: other objects, other numbers for names, other rows, no empty ones. */
export function recounted(totals: Totals): Totals {
  const again = noTotals()
  for (const name of totals.models.list.toReversed()) again.models.idOf(name)
  const { of, length } = totals.buckets.table
  for (let row = length - 1; row >= 0; row--) {
    if (of.calls[row] === 0) continue
    const series = of.series[row]!
    setBucket(again, {
      quarter: of.quarter[row]!,
      agent: totals.agents.nameOf(agentOf(series)),
      model: totals.models.nameOf(modelOf(series)),
      activity: activityOf(series),
      band: bandOfSeries(series),
      calls: of.calls[row]!,
    })
  }
  const { of: tool, length: tools } = totals.toolBuckets.table
  for (let row = tools - 1; row >= 0; row--) {
    if (tool.calls[row] === 0) continue
    setToolCalls(again, {
      quarter: tool.quarter[row]!,
      agent: totals.agents.nameOf(tool.agent[row]!),
      tool: totals.tools.nameOf(tool.tool[row]!),
      calls: tool.calls[row]!,
    })
  }
  return again
}

interface Renaming {
  readonly model: (name: string) => string
  readonly tool: (name: string) => string
}

/** Every row that is not empty, with names, sorted; rows that become one under `as` are summed. */
export function linesOf(totals: Totals, as: Renaming = { model: (n) => n, tool: (n) => n }): string[] {
  const sums = new Map<string, number[]>()
  const add = (key: string, values: number[]) => {
    const known = sums.get(key) ?? values.map(() => 0)
    sums.set(
      key,
      known.map((value, i) => value + values[i]!),
    )
  }
  const { of, length } = totals.buckets.table
  for (let row = 0; row < length; row++) {
    const series = of.series[row]!
    const agent = totals.agents.nameOf(agentOf(series))
    const model = as.model(totals.models.nameOf(modelOf(series)))
    const key = [of.quarter[row], agent, model, activityOf(series), bandOfSeries(series)].join(' | ')
    const { quarter: _, series: __, ...sum } = of
    const values = Object.values(sum).map((column) => column[row]!)
    if (values.some((value) => value !== 0)) add(key, values)
  }
  const { of: tool, length: tools } = totals.toolBuckets.table
  for (let row = 0; row < tools; row++) {
    const agent = totals.agents.nameOf(tool.agent[row]!)
    const key = [tool.quarter[row], agent, as.tool(totals.tools.nameOf(tool.tool[row]!)), 'tool'].join(' | ')
    if (tool.calls[row] !== 0) add(key, [tool.calls[row]!])
  }
  return [...sums].map(([key, values]) => `${key}: ${values.join(' ')}`).sort()
}

/** A history of `count` buckets of the given models, four series a quarter-hour. */
export function longHistory(count: number, models: readonly string[] = MODELS): Totals {
  const totals = noTotals()
  for (let i = 0; i < count; i++) {
    const quarter = FIRST_QUARTER - 100_000 + (i >> 2)
    const model = models[i % models.length]!
    setBucket(totals, { quarter, agent: 'claude-code', model, activity: i & 3, band: 0, calls: 1 + (i % 40) })
    setToolCalls(totals, {
      quarter,
      agent: 'claude-code',
      tool: TOOLS[i % TOOLS.length]!,
      calls: 1 + (i % 9),
    })
  }
  return totals
}
