// From the sums of all history to the series of usage: at most so many rows, none told twice, and none that falls by itself.
// A counter that falls is a restart to Prometheus, which then counts its whole value as new; so what fell only by
// arithmetic, or by moving between rows, must not be seen.
import { modelAsTold } from '../devices/sanitiser.ts'
import type { Group } from '../views/aggregate.ts'
import { ROWS_CAP, type Series, type Told } from './families.ts'
import { labelOf } from './label.ts'

/** What the rows beyond the bound are summed under, as agent and model, for each device. */
export const OTHER = 'other'
/** Money is told in millionths of a dollar: sums of many small numbers differ by less from one time, or one start, to the next. */
const MILLIONTHS = 1e6

const CLASSES = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const

interface Row {
  readonly labels: Readonly<Record<'device' | 'agent' | 'model', string>>
  calls: number
  sessions: number
  webSearches: number
  input: number
  output: number
  cacheRead: number
  cacheWrite5m: number
  cacheWrite1h: number
  reasoning: number
  costUSD: number
  /** Calls whose model has a price. */
  priced: number
  unpricedTokens: number
}

/** Remembers which rows were told apart, and what each cost, from one scrape to the next. */
export class UsageRows {
  readonly #cap: number
  /** By a row's labels: whether it is told apart. That never changes while there is such a row. */
  #isApart: ReadonlyMap<string, boolean> = new Map()
  #costs: ReadonlyMap<string, number> = new Map()

  /** Another bound in tests. */
  constructor(cap = ROWS_CAP) {
    this.#cap = cap
  }

  /** `groups` are by device, agent and model. */
  told(groups: readonly Group[]): Told {
    return seriesOf(this.#steady(this.#bounded(merged(groups))))
  }

  /** The costliest get what places are left; the others are summed, for each device. */
  #bounded(rows: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
    const isApart = new Map([...this.#isApart].filter(([key]) => rows.has(key)))
    let places = this.#cap
    for (const apart of isApart.values()) if (apart) places--
    const newcomers = [...rows].filter(([key]) => !isApart.has(key))
    newcomers.sort(([, x], [, y]) => y.costUSD - x.costUSD || y.calls - x.calls)
    for (const [at, [key]] of newcomers.entries()) isApart.set(key, at < places)
    this.#isApart = isApart
    const told = new Map<string, Row>()
    for (const [key, row] of rows) {
      if (isApart.get(key) === true) addTo(told, key, row)
      else {
        const labels = { device: row.labels.device, agent: OTHER, model: OTHER }
        addTo(told, keyOf(labels), { ...row, labels })
      }
    }
    return told
  }

  #steady(rows: ReadonlyMap<string, Row>): Row[] {
    const costs = new Map<string, number>()
    for (const [key, row] of rows) {
      const before = this.#costs.get(key) ?? 0
      if (row.costUSD < before && (before - row.costUSD) * MILLIONTHS < 1) row.costUSD = before
      costs.set(key, row.costUSD)
    }
    this.#costs = costs
    return [...rows.values()]
  }
}

/** By their labels; names that are told by one word are one row. */
function merged(groups: readonly Group[]): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const { labels: names, sum } of groups) {
    const labels = {
      device: labelOf(names.device ?? ''),
      agent: labelOf(names.agent ?? ''),
      // As other devices hear it: who collects the metrics need not be on this machine either.
      model: modelAsTold(names.model ?? ''),
    }
    const { calls, sessions, webSearches, input, output, cacheRead, cacheWrite5m, cacheWrite1h } = sum
    const { reasoning, costUSD, priced } = sum
    // A price is of an agent's model, so a group has one or has none.
    const unpricedTokens = priced === 0 ? sum.tokens() : 0
    addTo(rows, keyOf(labels), {
      labels,
      calls,
      sessions,
      webSearches,
      input,
      output,
      cacheRead,
      cacheWrite5m,
      cacheWrite1h,
      reasoning,
      costUSD,
      priced,
      unpricedTokens,
    })
  }
  return rows
}

function keyOf({ device, agent, model }: Row['labels']): string {
  return JSON.stringify([device, agent, model])
}

function addTo(rows: Map<string, Row>, key: string, row: Row): void {
  const known = rows.get(key)
  if (known === undefined) {
    rows.set(key, { ...row })
    return
  }
  known.calls += row.calls
  known.sessions += row.sessions
  known.webSearches += row.webSearches
  for (const name of CLASSES) known[name] += row[name]
  known.reasoning += row.reasoning
  known.costUSD += row.costUSD
  known.priced += row.priced
  known.unpricedTokens += row.unpricedTokens
}

function seriesOf(rows: readonly Row[]): Told {
  const of = (value: (row: Row) => number): Series[] =>
    rows.map((row) => ({ labels: row.labels, value: value(row) }))
  const where = (has: (row: Row) => boolean, value: (row: Row) => number): Series[] =>
    rows.filter(has).map((row) => ({ labels: row.labels, value: value(row) }))
  return {
    tallyd_usage_tokens_total: rows.flatMap((row) =>
      CLASSES.map((name) => ({ labels: { ...row.labels, class: name }, value: row[name] })),
    ),
    tallyd_usage_reasoning_tokens_total: of((row) => row.reasoning),
    tallyd_usage_calls_total: of((row) => row.calls),
    tallyd_usage_sessions_total: of((row) => row.sessions),
    tallyd_usage_web_searches_total: of((row) => row.webSearches),
    tallyd_usage_cost_usd_total: where(
      (row) => row.priced > 0,
      ({ costUSD }) => Math.round(costUSD * MILLIONTHS) / MILLIONTHS,
    ),
    tallyd_usage_unpriced_tokens_total: where(
      (row) => row.unpricedTokens > 0,
      (row) => row.unpricedTokens,
    ),
  }
}
