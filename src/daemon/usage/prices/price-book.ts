// The one way to a model's rates: the config's prices first, then the table. Money is never stored; whoever wants it
// asks here with tallies, so a newer table or config re-prices all history.
import type { Config } from '../../../contract/config.ts'
import { TABLE } from './generated/table.ts'
import { findModel, LONGEST_NAME } from './model-names.ts'
import { flatRates, type ModelRates } from './rates.ts'
import { openTable, type PriceTable, type Provider } from './table.ts'

export interface PriceBook {
  /** Null where the model has no price; its tokens are then shown as unpriced. Both names are untrusted. */
  ratesOf(agent: string, model: string): ModelRates | null
}

type Overrides = NonNullable<Config['prices']>

// A log can name any number of models; what is forgotten is looked up again.
const REMEMBERED = 4096

/** `table` is another than the built-in one in tests only. */
export function createPriceBook(overrides: Config['prices'], table: PriceTable = TABLE): PriceBook {
  const own = new Map(Object.entries(overrides ?? {}).map(([name, price]) => [name, ratesOfOverride(price)]))
  const remembered = new Map<string, ModelRates | null>()
  let providers: readonly Provider[] | null = null
  return {
    ratesOf(agent, model) {
      const override = own.get(model)
      if (override) return override
      if (model.length > LONGEST_NAME) return null
      const key = `${agent}\n${model}`
      const known = remembered.get(key)
      if (known !== undefined) return known
      providers ??= openTable(table)
      const rates = findModel(providers, agent, model)?.rates ?? null
      if (remembered.size >= REMEMBERED) remembered.clear()
      remembered.set(key, rates)
      return rates
    },
  }
}

// A class without a price of its own costs what input does: the tokens were input, and guessing a discount would
// show less than was spent.
function ratesOfOverride(price: Overrides[string]): ModelRates {
  return flatRates({
    input: price.input,
    output: price.output,
    cacheRead: price.cacheRead ?? price.input,
    cacheWrite5m: price.cacheWrite5m ?? price.input,
    cacheWrite1h: price.cacheWrite1h ?? price.input,
    webSearch: price.webSearch ?? 0,
  })
}
