// Which model of the price table a name from a log means. A wrong price is worse than none, so a name that could mean
// two prices means none. docs/prices.md tells the order in the user's words.
import { type Model, matches, type Provider } from './table.ts'

/** Longer names are nobody's; the wire and the config draw the same line. */
export const LONGEST_NAME = 200

const HOMES = new Map([
  ['claude-code', 'anthropic'],
  ['codex', 'openai'],
  ['gemini-cli', 'google'],
])

// `us.anthropic.claude-…-v1:0`, `anthropic.claude-…`, `openai.gpt-oss-120b-1:0`: how Bedrock writes names.
const BEDROCK =
  /^(?:[a-z]{2,6}(?:-gov)?\.)?(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|moonshot|openai|qwen)\./

// `:free`, `:batch`: a price of its own. Bedrock's `:0` is a version.
const VARIANT = /:\D/

/** The model that `name`, logged by `agent`, means; null where there is none or it cannot be told. */
export function findModel(providers: readonly Provider[], agent: string, name: string): Model | null {
  if (name.length > LONGEST_NAME) return null
  const wanted = name.toLowerCase().trim()
  const model = findAnySpeed(providers, agent, wanted)
  // Fast variants cost a multiple, and a prefix match takes them for the model they are variants of.
  return model && wanted.includes('-fast') && !model.id.toLowerCase().includes('fast') ? null : model
}

function findAnySpeed(providers: readonly Provider[], agent: string, name: string): Model | null {
  const of = (id: string | undefined) => providers.find((provider) => provider.id === id)
  const home = of(HOMES.get(agent))
  if (name.includes('/')) return findPrefixed(providers, name.replace(/^openrouter\//, ''))
  return (
    findAt(providers, home, name) ??
    findAt(providers, BEDROCK.test(name) ? of('aws') : undefined, name) ??
    findAt(providers, takerOf(providers, name), name) ??
    // Vertex writes `claude-opus-4@20250514`.
    findAt(providers, name.includes('@') ? of('google') : undefined, name)
  )
}

// `seller/model`: OpenRouter lists such names, LiteLLM makes them. OpenRouter's price holds where it lists the name,
// unless the seller charges the same for plain tokens: then the seller's row knows more (1 h cache writes, searches).
function findPrefixed(providers: readonly Provider[], name: string): Model | null {
  const listed = providers.find(({ id }) => id === 'openrouter')?.find(name) ?? null
  const taken = findAt(providers, takerOf(providers, name), name)
  const sold = VARIANT.test(name) ? null : findSold(providers, name)
  const own = taken ?? sold
  if (!listed || !own) return listed ?? own
  return chargesTheSame(listed, own) ? own : listed
}

function findSold(providers: readonly Provider[], name: string): Model | null {
  const slash = name.indexOf('/')
  const seller = name.slice(0, slash)
  const provider =
    providers.find(({ id }) => id === seller) ??
    providers.find(({ named }) => named !== null && matches(named, seller))
  const rest = name.slice(slash + 1)
  return findAt(providers, provider, rest)
}

function chargesTheSame(one: Model, other: Model): boolean {
  const [a, b] = [one.rates?.at(0, Infinity), other.rates?.at(0, Infinity)]
  return a !== undefined && b !== undefined && a.input === b.input && a.output === b.output
}

const takerOf = (providers: readonly Provider[], name: string) =>
  providers.find(({ takes }) => takes !== null && matches(takes, name))

// The provider's own models, those it resells, and once more with a date in full: the order of genai-prices.
function findAt(providers: readonly Provider[], provider: Provider | undefined, name: string): Model | null {
  if (!provider) return null
  const dated = withDashedDate(name)
  return findOnce(providers, provider, name) ?? (dated === name ? null : findOnce(providers, provider, dated))
}

function findOnce(providers: readonly Provider[], provider: Provider, name: string): Model | null {
  const own = provider.find(name)
  if (own) return own
  for (const id of provider.fallbacks) {
    const found = providers.find((each) => each.id === id)?.find(name)
    if (found) return found
  }
  return null
}

/** `gpt-5-20250807` → `gpt-5-2025-08-07`, as some tables write it; other digits stay. */
function withDashedDate(name: string): string {
  return name.replace(/-(20\d\d)(\d\d)(\d\d)(?=-|:|$)/g, (whole, year, month, day) => {
    const date = `${year}-${month}-${day}`
    const time = Date.parse(`${date}T00:00:00Z`)
    const isReal = !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
    return isReal ? `-${date}` : whole
  })
}
