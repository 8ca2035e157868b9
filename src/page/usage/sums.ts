// What rows come to. Pure.
import type { Figures, Row } from '../../contract/usage.ts'
import type { Measure } from './look.ts'

export type Tokens = NonNullable<Figures['tokens']>

export interface Total {
  readonly calls: number
  readonly sessions: number
  readonly tokens: Tokens
  /** Null where there were calls and none of them has a price. */
  readonly costUSD: number | null
}

const NO_TOKENS: Tokens = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  reasoning: 0,
}

/** All five classes; reasoning is inside output. */
export function tokensIn(tokens: Figures['tokens']): number {
  if (tokens === null) return 0
  const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = tokens
  return input + output + cacheRead + cacheWrite5m + cacheWrite1h
}

/** US dollars or tokens; null where there is no price. */
export function measured(
  { costUSD, tokens }: Pick<Figures, 'costUSD' | 'tokens'>,
  measure: Measure,
): number | null {
  return measure === 'spend' ? costUSD : tokensIn(tokens)
}

export function totalOf(rows: readonly Figures[]): Total {
  const total = { calls: 0, sessions: 0, tokens: { ...NO_TOKENS }, costUSD: 0 }
  let isPriced = false
  for (const { calls, sessions, tokens, costUSD } of rows) {
    total.calls += calls
    total.sessions += sessions ?? 0
    for (const name of Object.keys(NO_TOKENS) as (keyof Tokens)[]) total.tokens[name] += tokens?.[name] ?? 0
    total.costUSD += costUSD ?? 0
    isPriced ||= costUSD !== null
  }
  return { ...total, costUSD: total.calls > 0 && !isPriced ? null : total.costUSD }
}

/** A name and what its rows come to. */
export interface Ranked {
  readonly name: string
  readonly total: Total
}

/** The rows by one of their names, the largest in `measure` first; what has no price comes last, by its tokens. */
export function ranked(
  rows: readonly Row[],
  by: 'device' | 'agent' | 'model' | 'activity' | 'tool',
  measure: Measure | 'calls',
): Ranked[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const name = row[by] ?? ''
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [row])
    else group.push(row)
  }
  const size = ({ total }: Ranked) => (measure === 'calls' ? total.calls : (measured(total, measure) ?? -1))
  return [...groups]
    .map(([name, group]) => ({ name, total: totalOf(group) }))
    .sort(
      (a, b) =>
        size(b) - size(a) ||
        tokensIn(b.total.tokens) - tokensIn(a.total.tokens) ||
        b.total.calls - a.total.calls ||
        (a.name < b.name ? -1 : 1),
    )
}

/**
 * The share of all that went into models which was read from a cache: cacheRead / (input + cacheRead + both cache writes), 0 to 1;
 * null where nothing went in.
 */
export function cacheRate({ input, cacheRead, cacheWrite5m, cacheWrite1h }: Tokens): number | null {
  const all = input + cacheRead + cacheWrite5m + cacheWrite1h
  return all === 0 ? null : cacheRead / all
}
