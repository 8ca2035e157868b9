// One number for everything that a device tells, however its names and rows are numbered.
import { createHash } from 'node:crypto'
import { activityOf, agentOf, BUCKET_SUMS, bandOfSeries, modelOf } from '../tallies/buckets.ts'
import type { Totals } from '../tallies/totals.ts'

/** SHA-256, in hexadecimal, of every row that is not empty, and of `besides`. */
export function digestOf({ agents, models, tools, buckets, toolBuckets }: Totals, besides: string): string {
  const lines: string[] = []
  const { of, length } = buckets.table
  for (let row = 0; row < length; row++) {
    if (of.calls[row] === 0) continue
    const series = of.series[row]!
    const names = `${agents.nameOf(agentOf(series))} ${models.nameOf(modelOf(series))}`
    const sums = BUCKET_SUMS.map((name) => of[name][row])
    lines.push(`${of.quarter[row]} ${activityOf(series)} ${bandOfSeries(series)} ${sums.join(' ')} ${names}`)
  }
  const { of: tool, length: rows } = toolBuckets.table
  for (let row = 0; row < rows; row++) {
    if (tool.calls[row] === 0) continue
    const names = `${agents.nameOf(tool.agent[row]!)} ${tools.nameOf(tool.tool[row]!)}`
    lines.push(`tool ${tool.quarter[row]} ${tool.calls[row]} ${names}`)
  }
  return createHash('sha256').update(`${besides}\n`).update(lines.sort().join('\n')).digest('hex')
}
