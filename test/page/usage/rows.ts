// Rows of summaries for tests of the page.
import type { Row, Summary } from '../../../src/contract/usage.ts'

/** One call of 100 tokens out and 900 from the cache; a cost of undefined is none. */
export function row(part: Partial<Row> & { readonly calls?: number }): Row {
  const calls = part.calls ?? 1
  const tokens = {
    input: 0,
    output: 100 * calls,
    cacheRead: 900 * calls,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning: 50 * calls,
  }
  return { calls, sessions: 1, tokens, webSearches: 0, costUSD: calls, ...part }
}

export function summary(rows: readonly Row[], part: Partial<Summary> = {}): Summary {
  const calls = rows.reduce((sum, each) => sum + each.calls, 0)
  return {
    range: { since: null, until: '2026-12-01T00:00:00Z', timeZone: 'UTC' },
    by: [],
    rows: [...rows],
    total: { calls, sessions: calls, tokens: row({ calls }).tokens, webSearches: 0, costUSD: calls },
    devices: [{ id: null, name: 'desk', self: true, freshness: 'live', asOf: null, state: 'self' }],
    unpriced: [],
    ...part,
  }
}
