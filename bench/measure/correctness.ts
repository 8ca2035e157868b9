// A fast wrong answer is not a result: compares totals with the corpus' truth.
import { isDeepStrictEqual } from 'node:util'
import type { Row, Summary } from '../../src/contract/usage.ts'
import { AGENTS } from '../corpus/truth.ts'
import type { Truth, TruthTally } from '../corpus.ts'
import type { Totals } from '../rivals.ts'
import type { Tallyd } from '../tallyd.ts'

const CENT = 0.01

/** Throws where the daemon's totals by agent and day, in three zones, or by model are not the truth. */
export async function checkTotals(tallyd: Tallyd, truth: Truth): Promise<void> {
  for (const agent of AGENTS) {
    const expected = truth.agents[agent]
    const ask = async (...args: string[]) =>
      (await tallyd.ask<Summary>('usage', 'all', '--agent', agent, ...args)).rows
    compare(agent, await ask('--by', 'agent'), 'agent', { [agent]: expected.total })
    compare(agent, await ask('--by', 'model'), 'model', expected.byModel)
    for (const [zone, byDay] of Object.entries(expected.byDay)) {
      compare(`${agent} in ${zone}`, await ask('--by', 'day', '--tz', zone), 'day', byDay)
    }
  }
}

function compare(
  what: string,
  rows: readonly Row[],
  by: 'agent' | 'model' | 'day',
  truth: Record<string, TruthTally>,
) {
  const counted = rows.filter((row) => row.calls > 0)
  if (counted.length !== Object.keys(truth).length) {
    throw new Error(`${what} by ${by}: ${counted.length} rows, should be ${Object.keys(truth).length}`)
  }
  for (const row of counted) {
    const key = row[by] ?? ''
    const expected = truth[key]
    const { calls, sessions, tokens, webSearches, costUSD } = row
    const found = { calls, sessions, tokens, webSearches }
    const { costUSD: expectedUSD, ...expectedCounts } = expected ?? { costUSD: Number.NaN }
    if (!isDeepStrictEqual(found, expectedCounts) || !(Math.abs((costUSD ?? 0) - expectedUSD) < CENT)) {
      throw new Error(`${what}, ${key}: ${JSON.stringify(row)} should be ${JSON.stringify(expected)}`)
    }
  }
}

/** The truth over both agents, in the classes that the other tools have. */
export function trueTotals(truth: Truth): Totals {
  const sum = (of: (tally: TruthTally) => number) =>
    AGENTS.reduce((total, agent) => total + of(truth.agents[agent].total), 0)
  return {
    calls: sum((tally) => tally.calls),
    input: sum((tally) => tally.tokens.input),
    output: sum((tally) => tally.tokens.output),
    cacheRead: sum((tally) => tally.tokens.cacheRead),
    cacheWrite: sum((tally) => tally.tokens.cacheWrite5m + tally.tokens.cacheWrite1h),
    costUSD: sum((tally) => tally.costUSD),
  }
}

/** How far each figure is from the truth, in per cent of the truth; null where it is not told. */
export function distance(found: Totals, truth: Totals): Record<keyof Totals, number | null> {
  const names = ['calls', 'input', 'output', 'cacheRead', 'cacheWrite', 'costUSD'] as const
  const entries = names.map((name) => {
    const [value, right] = [found[name], truth[name]]
    return [name, value === null || right === null ? null : (value / right - 1) * 100] as const
  })
  return Object.fromEntries(entries) as Record<keyof Totals, number | null>
}
