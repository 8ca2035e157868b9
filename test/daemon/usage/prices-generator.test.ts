// The generator on providers made up here: dates and windows of the day together, and what it must refuse.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Provider } from '@pydantic/genai-prices'
import { calcPrice } from '@pydantic/genai-prices'
import t from 'tap'
import { BAND_EDGES } from '../../../src/daemon/tallies/bands.ts'
import { QUARTER_MS, quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { costOf } from '../../../src/daemon/usage/prices/rates.ts'
import type { PriceTable } from '../../../src/daemon/usage/prices/table.ts'

interface Generator {
  tableOf(
    providers: readonly Provider[],
    options: { edges: readonly number[]; source: string; offGrid?: Set<string> },
  ): PriceTable
}
const generator = (await import(pathToFileURL(resolve('scripts/generate-prices.mjs')).href)) as Generator
const options = { edges: BAND_EDGES, source: 'made up' }

function providerOf(
  prices: Provider['models'][number]['prices'],
  match = { equals: 'moon-1' } as object,
): Provider {
  const model = { id: 'moon-1', match: match as Provider['models'][number]['match'], prices }
  return { id: 'moon', name: 'Moon', api_pattern: 'x', model_match: { starts_with: 'moon' }, models: [model] }
}

const tally = {
  input: 9_000,
  output: 700,
  cacheRead: 5_000,
  cacheWrite5m: 80,
  cacheWrite1h: 20,
  webSearches: 2,
}
const usage = {
  input_tokens: 14_100,
  cache_read_tokens: 5_000,
  cache_write_tokens: 100,
  cache_write_1h_tokens: 20,
  output_tokens: 700,
  web_searches: 2,
}

t.test('dates and windows of the day, through midnight, in every quarter-hour of four days', async (t) => {
  const provider = providerOf([
    { prices: { input_mtok: 1, output_mtok: 2 } },
    {
      constraint: { type: 'start_date', start_date: '2026-05-02' },
      prices: { input_mtok: 3, output_mtok: 4, cache_read_mtok: 0.5, web_searches_kcount: 10 },
    },
    {
      constraint: { type: 'time_of_date', start_time: '22:15:00Z', end_time: '01:30:00Z' },
      prices: { input_mtok: 5, output_mtok: 6, cache_write_mtok: 7, cache_write_1h_mtok: 8 },
    },
    {
      constraint: { type: 'start_date', start_date: '2026-05-04' },
      prices: { input_mtok: 9, output_mtok: 10 },
    },
  ])
  const rates = createPriceBook(undefined, generator.tableOf([provider], options)).ratesOf('codex', 'moon-1')!
  const start = Date.parse('2026-05-01T00:00:00Z')
  const costs = new Set<number>()
  for (let quarter = quarterOf(start); quarter < quarterOf(start) + 4 * 96; quarter++) {
    for (const ms of [quarter * QUARTER_MS, (quarter + 1) * QUARTER_MS - 1]) {
      const ours = costOf(rates.at(0, quarter), tally)
      const theirs = calcPrice(usage, 'moon-1', { provider, timestamp: new Date(ms) })!.total_price
      if (Math.abs(ours - theirs) > 1e-9 * theirs)
        t.fail(`${new Date(ms).toISOString()}: ${ours}, not ${theirs}`)
      costs.add(ours)
    }
  }
  t.equal(costs.size, 4, 'each of the four prices held at some time')
})

t.test('a newer table re-prices history: nothing of money is kept elsewhere', async (t) => {
  const quarter = quarterOf(Date.parse('2026-05-01T00:00:00Z'))
  const costWith = (input: number) => {
    const table = generator.tableOf([providerOf({ input_mtok: input, output_mtok: 2 })], options)
    return costOf(createPriceBook(undefined, table).ratesOf('codex', 'moon-1')!.at(0, quarter), {
      ...tally,
      input: 1e6,
    })
  }
  t.equal(Math.round((costWith(30) - costWith(10)) * 1e6) / 1e6, 20 + (5_100 * 20) / 1e6)
})

t.test('a tier off the grid is refused, unless it is listed, and then it has no price', async (t) => {
  const tiered = { input_mtok: { base: 1, tiers: [{ start: 199_999, price: 2 }] }, output_mtok: 1 }
  const provider = providerOf(tiered as never)
  t.throws(() => generator.tableOf([provider], options), /moon\/moon-1: a tier begins at 199999/)
  const table = generator.tableOf([provider], { ...options, offGrid: new Set(['moon/moon-1']) })
  t.equal(createPriceBook(undefined, table).ratesOf('codex', 'moon-1'), null)
  const onGrid = providerOf({ input_mtok: 1, output_mtok: 1 })
  const stale = { ...options, offGrid: new Set(['moon/moon-1']) }
  t.throws(() => generator.tableOf([onGrid], stale), /listed as off the grid, but it is not/)
})

t.test('patterns that could backtrack, and times between quarters, are refused', async (t) => {
  const flat = { input_mtok: 1, output_mtok: 1 }
  for (const regex of ['^(a+)+$', '^(?:a|aa)*b', 'a.*b', '^.*a.*b', '^(ab){9}']) {
    t.throws(() => generator.tableOf([providerOf(flat, { regex })], options), /may backtrack/, regex)
  }
  const odd = providerOf([
    { prices: flat },
    { constraint: { type: 'time_of_date', start_time: '00:20:00Z', end_time: '02:00:00Z' }, prices: flat },
  ])
  t.throws(() => generator.tableOf([odd], options), /00:20:00Z begins no quarter-hour/)
})

t.test('what a tally cannot tell is left unpriced, not priced in part', async (t) => {
  for (const prices of [
    {},
    { input_mtok: 1 },
    { input_mtok: 1, output_mtok: 1, requests_kcount: 5 },
    { input_mtok: 1, output_mtok: 1, output_reasoning_mtok: 3 },
  ]) {
    const table = generator.tableOf([providerOf(prices)], options)
    t.equal(createPriceBook(undefined, table).ratesOf('codex', 'moon-1'), null, JSON.stringify(prices))
  }
})
