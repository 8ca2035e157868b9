// Which price a model's name leads to: agents, sellers, overrides, and names that nobody should have.
import { calcPrice, type MatchLogic, waitForUpdate } from '@pydantic/genai-prices'
import t from 'tap'
import { quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { TABLE } from '../../../src/daemon/usage/prices/generated/table.ts'
import { createPriceBook } from '../../../src/daemon/usage/prices/price-book.ts'

const AT = new Date('2026-09-01T12:00:00Z')
const QUARTER = quarterOf(AT.getTime())
const book = createPriceBook(undefined)

/** Input and output in dollars per million tokens; null where the name has no price. */
function priceOf(agent: string, model: string): [number, number] | null {
  const rates = book.ratesOf(agent, model)?.at(0, QUARTER)
  return rates ? [rates.input, rates.output] : null
}

const namesIn = (match: MatchLogic): string[] =>
  'or' in match
    ? match.or.flatMap(namesIn)
    : 'equals' in match
      ? [match.equals]
      : 'starts_with' in match
        ? [match.starts_with]
        : []

t.test('every name that genai-prices knows by itself has the same price here, or none', async (t) => {
  const providers = (await waitForUpdate())!
  const wrong: string[] = []
  const unpriced = new Map<string, string>()
  let same = 0
  for (const provider of providers.filter(({ id }) => TABLE.providers.some((stored) => stored.id === id))) {
    for (const name of provider.models.flatMap((model) => namesIn(model.match))) {
      if (name.includes('/')) continue
      const found = calcPrice({ input_tokens: 1e6, output_tokens: 0 }, name, { timestamp: AT })
      const ours = book.ratesOf('another-agent', name)
      if (found && ours) {
        const input = ours.at(5, QUARTER).input
        if (Math.abs(input - found.input_price) > 1e-9 * input) wrong.push(name)
        else same++
      }
      if (found && !ours) unpriced.set(name, found.provider.id)
    }
  }
  t.same(wrong, [])
  t.ok(same > 300, `${same} names`)
  const agentsUse = ['anthropic', 'openai', 'google', 'deepseek', 'moonshotai', 'minimax', 'cursor']
  t.same(
    [...unpriced]
      .filter(([, id]) => agentsUse.includes(id))
      .map(([name]) => name)
      .sort(),
    [
      'claude-opus-4.8-fast', // taken there for the normal speed
      'gemini-embedding-001', // no output to price
      'gemini-embedding-2',
      'gpt-transcribe', // by the hour
      'whisper-1',
    ],
  )
})

t.test("an agent's own provider is asked first, then whoever takes the name", async (t) => {
  t.same(priceOf('claude-code', 'claude-opus-4-8'), [5, 25])
  t.same(priceOf('codex', 'gpt-5.5'), [5, 30])
  t.same(priceOf('claude-code', 'gpt-5.5'), [5, 30])
  t.same(priceOf('codex', 'claude-haiku-4-5-20251001'), [1, 5])
  t.same(priceOf('codex', 'gpt-oss-120b'), [0.039, 0.18])
  t.same(priceOf('another-agent', 'kimi-k2.5'), [0.6, 3])
  t.same(priceOf('gemini-cli', 'gemini-2.5-pro'), [1.25, 10])
  t.same(priceOf('codex', 'GPT-5.5 '), [5, 30], 'case and white space around do not matter')
  t.same(priceOf('codex', 'gpt-5-20250807'), [1.25, 10], 'a date without its dashes')
})

t.test('names as Bedrock, Vertex, OpenRouter and LiteLLM write them', async (t) => {
  t.same(priceOf('claude-code', 'us.anthropic.claude-opus-4-5-20251101-v1:0'), [5.5, 27.5])
  t.same(priceOf('claude-code', 'global.anthropic.claude-opus-4-5-20251101-v1:0'), [5, 25])
  t.same(priceOf('claude-code', 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0'), [3.3, 16.5])
  t.same(priceOf('claude-code', 'claude-opus-4@20250514'), [15, 75])
  t.same(priceOf('claude-code', 'vertex_ai/claude-opus-4@20250514'), [15, 75])
  t.same(priceOf('claude-code', 'anthropic/claude-opus-4-8'), [5, 25])
  t.same(priceOf('claude-code', 'anthropic/claude-opus-4.8-fast'), [10, 50], 'listed at a price of its own')
  for (const name of ['anthropic/claude-opus-4.8', 'openrouter/anthropic/claude-opus-4.8']) {
    t.equal(book.ratesOf('claude-code', name)?.at(0, QUARTER).cacheWrite1h, 10, `${name}: 1 h writes`)
  }
})

t.test('a name that may mean several prices has none', async (t) => {
  t.equal(priceOf('claude-code', 'glm-5.2'), null, 'sold by two companies')
  t.same(priceOf('claude-code', 'zai/glm-5.2'), [1.4, 4.4])
  t.equal(priceOf('claude-code', 'claude-opus-4-6-fast'), null, 'not the price of the normal speed')
  t.equal(priceOf('codex', 'openai/gpt-5.5:cheap'), null)
  t.equal(priceOf('codex', 'grok-4.5'), null, 'a tier off the grid')
})

t.test('unknown models are null, never 0', async (t) => {
  for (const name of [
    'local-qwen',
    'gemma-3-27b',
    'text-embedding-3-small',
    '',
    ' ',
    'claude',
    'gpt-',
    '/',
  ]) {
    t.equal(book.ratesOf('codex', name), null, name)
  }
})

t.test('an override wins, in the units of the config', async (t) => {
  const own = createPriceBook({
    'claude-opus-4-8': { input: 1, output: 2 },
    'local-qwen': {
      input: 0.5,
      output: 0.6,
      cacheRead: 0,
      cacheWrite5m: 0.7,
      cacheWrite1h: 0.8,
      webSearch: 9,
    },
    ['__proto__']: { input: 3, output: 4 },
  })
  t.same(own.ratesOf('claude-code', 'claude-opus-4-8')!.at(3, QUARTER), {
    input: 1,
    output: 2,
    cacheRead: 1,
    cacheWrite5m: 1,
    cacheWrite1h: 1,
    webSearch: 0,
  })
  t.match(own.ratesOf('codex', 'local-qwen')!.at(0, 0), { cacheRead: 0, cacheWrite5m: 0.7, webSearch: 9 })
  t.equal(own.ratesOf('codex', '__proto__')!.at(0, 0).input, 3)
  t.equal(own.ratesOf('codex', 'Local-Qwen'), null, 'names are exact')
  t.equal(own.ratesOf('claude-code', 'claude-haiku-4-5')!.at(0, QUARTER).input, 1, 'others keep the table')
})

t.test('hostile names are unpriced, quickly', async (t) => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'a'.repeat(10_000),
    '\u0000',
    '\ud800',
    '.*',
    '(a+)+$',
  ]
  const seeds = [
    '-20250101',
    'gemini-2.5-pro-',
    'mistral/',
    '/',
    ':',
    'us.anthropic.',
    '@',
    'gpt-5.6-sol-1',
    'grok-',
  ]
  for (const seed of seeds) names.push(seed.repeat(200 / seed.length), seed.repeat(2_000))
  const started = performance.now()
  for (const agent of ['claude-code', 'codex', '__proto__', 'constructor']) {
    for (const name of names) {
      const rates = book.ratesOf(agent, name)
      if (name.startsWith('gemini-2.5-pro-') && name.length <= 200)
        t.ok(rates, 'a prefix match, as in genai-prices')
      else t.equal(rates, null, name.slice(0, 30))
    }
  }
  t.ok(performance.now() - started < 2_000)
})

t.test('names forgotten because there were too many are found again', async (t) => {
  const before = priceOf('codex', 'gpt-5.5')
  for (let index = 0; index < 5_000; index++) book.ratesOf('codex', `unheard-of-${index}`)
  t.same(priceOf('codex', 'gpt-5.5'), before)
})

t.test('asked twice, the same rates come back', async (t) => {
  t.equal(book.ratesOf('codex', 'gpt-5.5'), book.ratesOf('codex', 'gpt-5.5'))
})
