// The true price of one request of each model in the corpus, written down here a second time on purpose: the
// corpus must not agree with the daemon only because both read the same table.

/** Tokens of one request; `input` excludes cache tokens, `reasoning` is part of `output`. */
export interface CallTokens {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly reasoning: number
}

interface ModelPrice {
  /** US dollars per million tokens. */
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  /** Where one whole request's prompt exceeds `over` tokens, all of it costs that many times as much. */
  readonly long?: LongPrompt
}

interface LongPrompt {
  readonly over: number
  readonly promptTimes: number
  readonly outputTimes: number
  /** First ms at which the tier is gone; absent where it still stands. */
  readonly until?: number
}

const MILLION = 1_000_000
const WEB_SEARCH_USD = 0.01

const OVER_200K: LongPrompt = { over: 200_000, promptTimes: 2, outputTimes: 1.5 }
// OpenAI's begins with the 272,000th token, Anthropic's after the 200,000th.
const FROM_272K: LongPrompt = { over: 271_999, promptTimes: 2, outputTimes: 1.5 }
// Anthropic dropped the tier of its 4.6 models on 2026-03-13.
const OVER_200K_ONCE: LongPrompt = { ...OVER_200K, until: Date.parse('2026-03-13T00:00:00Z') }

const claude = (input: number, long?: LongPrompt): ModelPrice => ({
  input,
  output: input * 5,
  cacheRead: input / 10,
  cacheWrite5m: input * 1.25,
  ...(long && { long }),
})

const gpt = (input: number, output: number, long?: LongPrompt): ModelPrice => ({
  input,
  output,
  cacheRead: input / 10,
  cacheWrite5m: 0,
  ...(long && { long }),
})

const PRICES: ReadonlyMap<string, ModelPrice> = new Map([
  ['claude-opus-4-8', claude(5)],
  ['claude-opus-4-6', claude(5, OVER_200K_ONCE)],
  ['claude-sonnet-4-6', claude(3, OVER_200K_ONCE)],
  ['claude-sonnet-4-5-20250929', claude(3, OVER_200K)],
  ['claude-haiku-4-5-20251001', claude(1)],
  ['gpt-5.5', gpt(5, 30, FROM_272K)],
  ['gpt-5.3-codex', gpt(1.75, 14)],
  ['gpt-5.1-codex-mini', gpt(0.25, 2)],
])

export interface Priced {
  readonly usd: number
  /** The request fell into the model's long-prompt tier. */
  readonly long: boolean
  /** It did so under a tier that was dropped later. */
  readonly droppedTier: boolean
}

/** What one request cost at a moment (ms). Throws for a model that the corpus does not use. */
export function priceOf(model: string, at: number, tokens: CallTokens, webSearches: number): Priced {
  const price = PRICES.get(model)
  if (price === undefined) throw new RangeError(`no price for ${model}`)
  const prompt = tokens.input + tokens.cacheRead + tokens.cacheWrite5m + tokens.cacheWrite1h
  const tier = price.long
  const long = tier !== undefined && prompt > tier.over && at < (tier.until ?? Number.POSITIVE_INFINITY)
  const promptUSD =
    tokens.input * price.input +
    tokens.cacheRead * price.cacheRead +
    tokens.cacheWrite5m * price.cacheWrite5m +
    tokens.cacheWrite1h * price.input * 2
  const usd =
    (promptUSD * (long ? tier.promptTimes : 1) +
      tokens.output * price.output * (long ? tier.outputTimes : 1)) /
    MILLION
  return { usd: usd + webSearches * WEB_SEARCH_USD, long, droppedTier: long && tier.until !== undefined }
}
