// The metrics as one text. Loaded with the first scrape, prom-client with it: who is never scraped does not pay for it. The text of
// usage is kept as long as nothing was spent.
import type { Aggregate } from '../views/aggregate.ts'
import { Exposition } from './exposition.ts'
import type { Format } from './format.ts'
import { type HealthContext, healthOf } from './health.ts'
import { UsageRows } from './usage-rows.ts'

export interface MetricsContext extends HealthContext {
  /** All history by device, agent and model; the very same object as long as nothing changed. */
  readonly history: () => Aggregate
}

export interface Metrics {
  text(format: Format): Promise<string>
}

export function createMetrics(context: MetricsContext): Metrics {
  const rows = new UsageRows()
  const expositions = new Map<Format, Exposition>()
  const kept = new Map<Format, { readonly of: Aggregate; readonly text: string }>()

  async function usage(exposition: Exposition): Promise<string> {
    const of = context.history()
    const before = kept.get(exposition.format)
    if (before?.of === of) return before.text
    const text = await exposition.text(rows.told(of.groups))
    kept.set(exposition.format, { of, text })
    return text
  }

  return {
    async text(format) {
      const exposition = expositions.get(format) ?? new Exposition(format)
      expositions.set(format, exposition)
      return `${await usage(exposition)}${await exposition.text(healthOf(context))}${exposition.end}`
    },
  }
}
