// The price table as it is stored, and opened: text until a provider is first asked, because an idle daemon should not
// carry a thousand models it never met.
import { type ModelRates, type RateRow, ratesOfRows } from './rates.ts'

/**
 * How a name is recognised, in lower case: one character for the kind (`=` equals, `^` starts with, `$` ends with,
 * `*` contains, `/` pattern), then the text; or a list that begins with `|` (any) or `&` (all).
 */
export type Match = string | readonly Match[]

export interface PriceTable {
  /** Package and version that the prices come from. */
  readonly source: string
  /** The prompt bands' edges that the rows were made for. */
  readonly edges: readonly number[]
  readonly providers: readonly StoredProvider[]
}

export interface StoredProvider {
  readonly id: string
  /** Model names that are this provider's own, whoever asks; null where none are. */
  readonly takes: Match | null
  /** Other names of the provider, as they stand in front of a model's (`vertex_ai/…`). */
  readonly named: Match | null
  /** Providers whose models it sells at their price. */
  readonly fallbacks: readonly string[]
  /** JSON: [id, match, rows][]; no rows where a tally cannot be priced. */
  readonly models: string
}

export interface Model {
  readonly id: string
  /** Null where the model is known, but its price cannot be told from a tally. */
  readonly rates: ModelRates | null
}

export interface Provider extends Omit<StoredProvider, 'models'> {
  /** The first model that takes the name, which is in lower case. */
  find(name: string): Model | null
}

/** Opens a table; a provider's models are parsed when it is first searched, a model's rates when it is first found. */
export function openTable(table: PriceTable): readonly Provider[] {
  return table.providers.map((stored) => {
    let models: readonly [id: string, match: Match, rows: readonly RateRow[]][] | null = null
    return {
      id: stored.id,
      takes: stored.takes,
      named: stored.named,
      fallbacks: stored.fallbacks,
      find(name) {
        models ??= JSON.parse(stored.models) as NonNullable<typeof models>
        const found = models.find(([, match]) => matches(match, name))
        if (!found) return null
        const [id, , rows] = found
        return { id, rates: rows.length > 0 ? ratesOfRows(rows, table.edges.length + 1) : null }
      },
    }
  })
}

/** Patterns are anchored and cannot backtrack: the generator refuses any that could. */
export function matches(match: Match, name: string): boolean {
  if (typeof match !== 'string') {
    const [kind, ...parts] = match
    return kind === '|'
      ? parts.some((part) => matches(part, name))
      : parts.every((part) => matches(part, name))
  }
  const text = match.slice(1)
  switch (match[0]) {
    case '=':
      return name === text
    case '^':
      return name.startsWith(text)
    case '$':
      return name.endsWith(text)
    case '*':
      return name.includes(text)
    default:
      return new RegExp(text).test(name)
  }
}
