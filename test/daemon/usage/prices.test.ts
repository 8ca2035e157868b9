// Money: every rate against genai-prices' own calculation of single requests, and sums against single requests.
import { spawnSync } from 'node:child_process'
import { calcPrice, type ModelInfo, type Provider, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import t from 'tap'
import { BAND_EDGES, bandOf } from '../../../src/daemon/tallies/bands.ts'
import { QUARTER_MS, quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { TABLE } from '../../../src/daemon/usage/prices/generated/table.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'
import { costOf, type RateRow, ratesOfRows, type Tally } from '../../../src/daemon/usage/prices/rates.ts'

const DAY_MS = 86_400_000
const BANDS = BAND_EDGES.length + 1

type StoredModel = [id: string, match: unknown, rows: RateRow[]]
const modelsOf = (text: string) => JSON.parse(text) as StoredModel[]
const promptOf = (tally: Tally) => tally.input + tally.cacheRead + tally.cacheWrite5m + tally.cacheWrite1h

/** One request's true price: `input_tokens` is the whole prompt, `cache_write_tokens` both classes. */
function truePrice(provider: Provider, model: ModelInfo, tally: Tally, ms: number): number {
  const usage = {
    input_tokens: promptOf(tally),
    cache_read_tokens: tally.cacheRead,
    cache_write_tokens: tally.cacheWrite5m + tally.cacheWrite1h,
    cache_write_1h_tokens: tally.cacheWrite1h,
    output_tokens: tally.output,
    web_searches: tally.webSearches,
  }
  const only = { ...provider, models: [{ ...model, match: { contains: '' } }] }
  return calcPrice(usage, model.id, { provider: only, timestamp: new Date(ms) })!.total_price
}

/** A request whose prompt has exactly `prompt` tokens, split at random. */
function requestOf(prompt: number, random: () => number): Tally {
  const cuts = [random(), random(), random()]
    .map((cut) => Math.floor(cut * (prompt + 1)))
    .sort((a, b) => a - b)
  const [a, b, c] = cuts as [number, number, number]
  return {
    input: a,
    cacheRead: b - a,
    cacheWrite5m: c - b,
    cacheWrite1h: prompt - c,
    output: Math.floor(random() * 60_000),
    webSearches: Math.floor(random() * 4),
  }
}

/** mulberry32: the same requests in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-12)

/** Both sides of each UTC midnight and of each window's edge that the model's rows or the source's constraints name. */
function momentsOf(model: ModelInfo, rows: readonly RateRow[]): number[] {
  const days = rows.map((row) => row[0]! * DAY_MS).filter((ms) => ms > 0)
  const entries = Array.isArray(model.prices) ? model.prices : []
  for (const { constraint } of entries) {
    if (constraint?.type === 'start_date') days.push(Date.parse(`${constraint.start_date}T00:00:00Z`))
  }
  const edges = [0, ...rows.map((row) => row[1]! * QUARTER_MS)]
  const midnights = [Date.parse('2025-01-01T00:00:00Z'), ...days, Date.parse('2028-01-01T00:00:00Z')]
  const moments = midnights.flatMap((day) =>
    [day, day - DAY_MS].flatMap((at) => edges.map((edge) => at + edge)),
  )
  return [...new Set(moments.flatMap((ms) => [ms - 1, ms]))]
}

t.test('every model, band, epoch and window charges a request what genai-prices does', async (t) => {
  const providers = (await waitForUpdate())!
  const random = seeded(2)
  const wrong: string[] = []
  let compared = 0
  for (const stored of TABLE.providers) {
    const provider = providers.find(({ id }) => id === stored.id)!
    const models = modelsOf(stored.models)
    t.equal(models.length, provider.models.length, `${stored.id} has all its models`)
    models.forEach(([id, , rows], index) => {
      const model = provider.models[index]!
      if (rows.length === 0) return
      const rates = ratesOfRows(rows, BANDS)
      for (const ms of momentsOf(model, rows)) {
        for (let band = 0; band < BANDS; band++) {
          const [low, high] = [(BAND_EDGES[band - 1] ?? 0) + 1, BAND_EDGES[band] ?? 1_000_000]
          for (const prompt of [low, high, low + Math.floor(random() * (high - low))]) {
            const tally = requestOf(prompt, random)
            const ours = costOf(rates.at(bandOf(prompt), quarterOf(ms)), tally)
            const theirs = truePrice(provider, model, tally, ms)
            if (!isClose(ours, theirs))
              wrong.push(`${stored.id}/${id} ${prompt} ${new Date(ms).toISOString()}`)
            compared++
          }
        }
      }
    })
  }
  t.same(wrong.slice(0, 5), [])
  t.ok(compared > 50_000, `${compared} requests compared`)
})

t.test('money from summed tallies is the sum of the single prices', async (t) => {
  const providers = (await waitForUpdate())!
  const anthropic = providers.find(({ id }) => id === 'anthropic')!
  const sonnet = anthropic.models.find(({ id }) => id === 'claude-sonnet-4-5')!
  const rates = createPriceBook(undefined).ratesOf('claude-code', 'claude-sonnet-4-5-20250929')!
  const ms = Date.parse('2026-02-03T10:00:00Z')
  const prompts = fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(prompts, fc.integer(), (lengths, seed) => {
      const random = seeded(seed)
      const requests = lengths.map((length) => requestOf(length, random))
      const single = requests.reduce((sum, request) => sum + truePrice(anthropic, sonnet, request, ms), 0)
      return isClose(
        costOfSums(requests, (band) => rates.at(band, quarterOf(ms))),
        single,
      )
    }),
  )
  // One call over the tier beside many below it: by the sum alone all would be long.
  const one = { input: 150_000, output: 1000, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, webSearches: 0 }
  const long = { ...one, input: 200_001 }
  const cost = costOfSums([one, one, one, long], (band) => rates.at(band, quarterOf(ms)))
  t.ok(isClose(cost, 3 * (0.45 + 0.015) + 1.200006 + 0.0225), String(cost))
})

function costOfSums(
  requests: readonly Tally[],
  ratesIn: (band: number) => Parameters<typeof costOf>[0],
): number {
  const zero = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, webSearches: 0 }
  const sums = Array.from({ length: BANDS }, () => ({ ...zero }))
  for (const request of requests) {
    const sum = sums[bandOf(promptOf(request))]!
    for (const key of Object.keys(zero) as (keyof Tally)[]) sum[key] += request[key]
  }
  return sums.reduce((total, sum, band) => total + costOf(ratesIn(band), sum), 0)
}

t.test('the classes of a request, by hand', async (t) => {
  const rates = createPriceBook(undefined)
    .ratesOf('claude-code', 'claude-opus-4-8')!
    .at(0, quarterOf(Date.now()))
  const million = {
    input: 1e6,
    output: 1e6,
    cacheRead: 1e6,
    cacheWrite5m: 1e6,
    cacheWrite1h: 1e6,
    webSearches: 3,
  }
  t.equal(costOf(rates, million).toFixed(6), (5 + 25 + 0.5 + 6.25 + 10 + 0.03).toFixed(6))
})

t.test('a price that changed on a date is right on both sides of UTC midnight', async (t) => {
  const book = createPriceBook(undefined)
  const sol = book.ratesOf('codex', 'gpt-5.6-sol')!
  const midnight = Date.parse('2026-08-21T00:00:00Z')
  t.equal(sol.at(0, quarterOf(midnight - 1)).output, 30)
  t.equal(sol.at(0, quarterOf(midnight)).output, 20)
  t.equal(sol.at(bandOf(272_000), quarterOf(midnight - 1)).output, 45, 'and above the tier')
  t.equal(sol.at(bandOf(272_000), quarterOf(midnight)).output, 30)
  const opus = book.ratesOf('claude-code', 'claude-opus-4-6')!
  const retired = quarterOf(Date.parse('2026-03-13T00:00:00Z'))
  t.equal(opus.at(bandOf(200_001), retired - 1).input, 10, 'a long-context tier')
  t.equal(opus.at(bandOf(200_001), retired).input, 5, 'that ended on a date')
})

t.test('the table names the grid it was made for, and is fresh', async (t) => {
  t.same(TABLE.edges, BAND_EDGES)
  const check = spawnSync(process.execPath, ['scripts/generate-prices.mjs', '--check'], { encoding: 'utf8' })
  t.equal(check.status, 0, check.stderr)
})
