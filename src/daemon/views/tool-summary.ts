// Rows by tool: how often each was called. Tool calls have no tokens, no model and no money of their own.
import { TallyError } from '../../contract/errors.ts'
import type { Figures, Grouping, Row } from '../../contract/usage.ts'
import { chosenIds, type Question, type Share } from './question.ts'
import { dateOf } from './zone.ts'

const COMBINES: readonly Grouping[] = ['tool', 'day', 'hour', 'agent', 'device']

/** Throws TallyError invalidParams for a grouping or filter that tool calls do not know. */
export function toolRows(shares: readonly Share[], question: Question): { rows: Row[]; total: Figures } {
  const { by, range, params } = question
  const odd = by.find((name) => !COMBINES.includes(name))
  if (odd !== undefined) throw refused(`tool calls are not counted by ${odd}`)
  if (params.models !== undefined) throw refused('tool calls are not counted by model')
  const rows = new Map<string, Row & { calls: number }>()
  let calls = 0
  for (const share of shares) {
    const { agents: names, toolBuckets } = share.totals
    const agents = chosenIds(names.list, params.agents)
    const { of, length } = toolBuckets.table
    for (let row = 0; row < length; row++) {
      const quarter = of.quarter[row]!
      if (of.calls[row] === 0 || !(agents?.has(of.agent[row]!) ?? true)) continue
      if (quarter < (range.since ?? 0) || quarter >= (range.until ?? Number.POSITIVE_INFINITY)) continue
      const labels = by.map((name) => labelOf(name, share, row, question))
      const key = labels.join('\n')
      const keys = Object.fromEntries(by.map((name, i) => [name, labels[i]!]))
      const known = rows.get(key) ?? { ...keys, ...figures(0) }
      known.calls += of.calls[row]!
      calls += of.calls[row]!
      rows.set(key, known)
    }
  }
  const sorted = [...rows.values()].sort(
    (x, y) =>
      compare(x.day, y.day) || compare(x.hour, y.hour) || y.calls - x.calls || compare(x.tool, y.tool),
  )
  return { rows: sorted, total: figures(calls) }
}

function labelOf(name: Grouping, { device, totals }: Share, row: number, { zone }: Question): string {
  const { of } = totals.toolBuckets.table
  if (name === 'day') return dateOf(zone.dayOf(of.quarter[row]!))
  if (name === 'hour') return zone.format(zone.hourOf(of.quarter[row]!))
  if (name === 'agent') return totals.agents.nameOf(of.agent[row]!)
  return name === 'device' ? device.name : totals.tools.nameOf(of.tool[row]!)
}

function figures(calls: number): Figures {
  return { calls, sessions: null, tokens: null, webSearches: null, costUSD: null }
}

function compare(x: string | undefined, y: string | undefined): number {
  if (x === undefined || y === undefined || x === y) return 0
  return x < y ? -1 : 1
}

function refused(detail: string): TallyError {
  return new TallyError('invalidParams', detail, 'combine tool with day, hour, agent or device')
}
