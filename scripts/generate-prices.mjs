// Writes src/daemon/usage/prices/generated/table.ts from the prices in @pydantic/genai-prices: one rate row a model x
// price epoch x window of the day x prompt band. `--check` writes nothing and exits 1 where the file is stale.
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const BANDS = new URL('../src/daemon/tallies/bands.ts', import.meta.url)
const TARGET = new URL('../src/daemon/usage/prices/generated/table.ts', import.meta.url)
const PACKAGE = '@pydantic/genai-prices'
const DAY_MS = 86_400_000
const QUARTER_S = 900

// Besides the providers that claim model names as their own (`model_match`), those that only a name's form leads to.
const FOUND_BY_FORM = new Set(['aws', 'azure', 'github-copilot', 'groq', 'openrouter', 'together', 'zai'])

// Zhipu (yuan, China) and Z.ai (dollars) sell models of the same names at different prices, so a bare name does not
// tell the price: only a name with the seller in front does.
const NO_BARE_NAMES = new Set(['zhipuai'])

// Tiers that begin where no band does. They stay unpriced: at a prompt of exactly 200,000 tokens we would be wrong.
const OFF_GRID = new Set([
  'x-ai/grok-4.20',
  'x-ai/grok-4.3',
  'x-ai/grok-4.5',
  'x-ai/grok-4.6',
  'x-ai/grok-build-0.1',
])

// What a tally cannot tell: charges per request or message, reasoning or citations at a rate of their own.
const UNCOUNTED = [
  'requests_kcount',
  'input_text_messages_kcount',
  'output_reasoning_mtok',
  'output_citation_mtok',
]

/** Providers of genai-prices → the table, as `PriceTable` in src/daemon/usage/prices/table.ts has it. */
export function tableOf(providers, { edges, source, offGrid = new Set() }) {
  const unusedExceptions = new Set(offGrid)
  const kept = providers.filter((provider) => provider.model_match || FOUND_BY_FORM.has(provider.id))
  const table = {
    source,
    edges: [...edges],
    providers: kept.map((provider) => ({
      id: provider.id,
      takes: provider.model_match && !NO_BARE_NAMES.has(provider.id) ? matchOf(provider.model_match) : null,
      named: provider.provider_match ? matchOf(provider.provider_match) : null,
      fallbacks: provider.fallback_model_providers ?? [],
      models: modelsText(
        provider.models.map((model) => {
          const name = `${provider.id}/${model.id}`
          const strays = tierStarts(model).filter((start) => !edges.includes(start))
          if (strays.length > 0 && !unusedExceptions.delete(name)) {
            throw new Error(`${name}: a tier begins at ${strays[0]}, which is no edge of the prompt bands`)
          }
          return [model.id, matchOf(model.match), strays.length > 0 ? [] : rowsOf(name, model, edges)]
        }),
      ),
    })),
  }
  for (const name of unusedExceptions) throw new Error(`${name}: listed as off the grid, but it is not`)
  const ids = new Set(kept.map((provider) => provider.id))
  for (const { id, fallbacks } of table.providers) {
    const missing = fallbacks.find((fallback) => !ids.has(fallback))
    if (missing) throw new Error(`${id}: falls back on ${missing}, which is not in the table`)
  }
  return table
}

// One character for the kind, then the text; lists begin with '|' or '&'.
function matchOf(match) {
  const [kind] = Object.keys(match)
  const value = match[kind]
  switch (kind) {
    case 'or':
      return value.length === 1 ? matchOf(value[0]) : ['|', ...value.map(matchOf)]
    case 'and':
      return ['&', ...value.map(matchOf)]
    case 'equals':
      return `=${value.toLowerCase()}`
    case 'starts_with':
      return `^${value.toLowerCase()}`
    case 'ends_with':
      return `$${value.toLowerCase()}`
    case 'contains':
      return `*${value.toLowerCase()}`
    case 'regex':
      assertLinear(value)
      return `/${value}`
    default:
      throw new Error(`unknown kind of match: ${kind}`)
  }
}

// Model names come from logs, so a pattern must not backtrack: anchored, at most one unbounded repetition, and that
// of a single character, takes time in proportion to the name.
function assertLinear(pattern) {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[\^?[^\]]*\]/g, 'x')
  const unbounded = bare.match(/[*+]|\{\d+,\}/g) ?? []
  if (!bare.startsWith('^') || unbounded.length > 1 || /\)([*+]|\{)/.test(bare)) {
    throw new Error(`a pattern that may backtrack: ${pattern}`)
  }
}

const entriesOf = (model) => (Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }])

function tierStarts(model) {
  const tiers = entriesOf(model).flatMap(({ prices }) =>
    Object.values(prices).flatMap((price) => price?.tiers ?? []),
  )
  return [...new Set(tiers.map((tier) => tier.start))].sort((a, b) => a - b)
}

/** [day, quarter of the day, band, …rates] each valid from there on; empty where a tally cannot be priced. */
function rowsOf(name, model, edges) {
  const entries = entriesOf(model)
  if (!entries.every(({ prices }) => isPriceable(name, prices))) return []
  const days = [0, ...entries.flatMap(({ constraint }) => (constraint ? daysOf(constraint) : []))]
  const quarters = [
    0,
    ...entries.flatMap(({ constraint }) => (constraint ? quartersOf(name, constraint) : [])),
  ]
  const rows = []
  let epochBefore = ''
  for (const day of ascending(days)) {
    const epoch = ascending(quarters).flatMap((quarter, index, all) => {
      const winner = winnerAt(entries, day, quarter)
      if (index > 0 && winner === winnerAt(entries, day, all[index - 1])) return []
      return bandRows(winner.prices, edges).map((row) => [quarter, ...row])
    })
    if (JSON.stringify(epoch) !== epochBefore) rows.push(...epoch.map((row) => [day, ...row]))
    epochBefore = JSON.stringify(epoch)
  }
  return rows
}

const ascending = (numbers) => [...new Set(numbers)].sort((a, b) => a - b)

function isPriceable(name, prices) {
  if (prices.cache_write_1h_mtok !== undefined && prices.cache_write_mtok === undefined) {
    throw new Error(`${name}: a price for 1 h cache writes without one for cache writes`)
  }
  const hasBoth = prices.input_mtok !== undefined && prices.output_mtok !== undefined
  return hasBoth && !UNCOUNTED.some((key) => prices[key] !== undefined)
}

function daysOf(constraint) {
  return constraint.type === 'start_date' ? [Date.parse(`${constraint.start_date}T00:00:00Z`) / DAY_MS] : []
}

function quartersOf(name, constraint) {
  if (constraint.type === 'start_date') return []
  if (constraint.type !== 'time_of_date') throw new Error(`${name}: unknown constraint ${constraint.type}`)
  return [constraint.start_time, constraint.end_time].map((time) => quarterOfDay(name, time))
}

function quarterOfDay(name, time) {
  const parts = /^(\d\d):(\d\d):00Z$/.exec(time)
  const seconds = parts ? Number(parts[1]) * 3600 + Number(parts[2]) * 60 : Number.NaN
  if (!Number.isInteger(seconds / QUARTER_S))
    throw new Error(`${name}: ${time} begins no quarter-hour of UTC`)
  return seconds / QUARTER_S
}

// The last entry that holds wins; where none does, the first. This is genai-prices' own rule.
function winnerAt(entries, day, quarter) {
  const holds = ({ constraint }) => {
    if (!constraint) return true
    if (constraint.type === 'start_date') return day >= daysOf(constraint)[0]
    const [start, end] = quartersOf('', constraint)
    return end < start ? quarter >= start || quarter < end : quarter >= start && quarter < end
  }
  return entries.findLast(holds) ?? entries[0]
}

// [band, input, output, cacheRead, cacheWrite5m, cacheWrite1h, webSearch]; a band like the one before is left out.
// Tokens without a rate of their own cost what the class above them costs, as in genai-prices.
function bandRows(prices, edges) {
  const rows = []
  for (let band = 0; band <= edges.length; band++) {
    const input = rateIn(prices.input_mtok, band, edges)
    const cacheWrite5m = rateIn(prices.cache_write_mtok, band, edges) ?? input
    const rates = [
      input,
      rateIn(prices.output_mtok, band, edges),
      rateIn(prices.cache_read_mtok, band, edges) ?? input,
      cacheWrite5m,
      rateIn(prices.cache_write_1h_mtok, band, edges) ?? cacheWrite5m,
      rateIn(prices.web_searches_kcount, band, edges) ?? 0,
    ]
    const before = rows.at(-1)
    if (before && rates.every((rate, index) => rate === before[index + 1])) continue
    rows.push([band, ...rates])
  }
  return rows
}

function rateIn(price, band, edges) {
  if (price === undefined || typeof price === 'number') return price
  const passed = price.tiers.filter((tier) => band > edges.indexOf(tier.start))
  return passed.reduce((best, tier) => (tier.start >= best.start ? tier : best), {
    start: -1,
    price: price.base,
  }).price
}

const modelsText = (models) => `[\n${models.map((model) => JSON.stringify(model)).join(',\n')}\n]`

function render(table) {
  const literal = (text) => `\`${text.replace(/[\\`$]/g, '\\$&')}\``
  const providers = table.providers.map(({ models, ...head }) => {
    const fields = Object.entries(head).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    return `    { ${fields.join(', ')}, models: ${literal(models)} },\n`
  })
  return [
    '// Generated by scripts/generate-prices.mjs; do not edit.',
    "import type { PriceTable } from '../table.ts'",
    '',
    'export const TABLE: PriceTable = {',
    `  source: ${JSON.stringify(table.source)},`,
    `  edges: ${JSON.stringify(table.edges)},`,
    `  providers: [\n${providers.join('')}  ],`,
    '}',
    '',
  ].join('\n')
}

// Node 20 does not read TypeScript, and the grid should stand in one place only.
async function readEdges() {
  const { transform } = await import('esbuild')
  const { code } = await transform(await readFile(BANDS, 'utf8'), { loader: 'ts', format: 'esm' })
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).BAND_EDGES
}

async function readSource() {
  const entry = createRequire(import.meta.url).resolve(PACKAGE)
  const { version } = JSON.parse(await readFile(new URL('../package.json', pathToFileURL(entry)), 'utf8'))
  // With no update under way, this resolves with the prices that came in the package.
  const providers = await (await import(PACKAGE)).waitForUpdate()
  return { providers, source: `${PACKAGE} ${version}` }
}

async function main() {
  const { providers, source } = await readSource()
  const text = render(tableOf(providers, { edges: await readEdges(), source, offGrid: OFF_GRID }))
  if (!process.argv.includes('--check')) return writeFile(TARGET, text)
  if (text === (await readFile(TARGET, 'utf8').catch(() => ''))) return
  console.error(`${fileURLToPath(TARGET)} is stale: run node scripts/generate-prices.mjs`)
  process.exitCode = 1
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
