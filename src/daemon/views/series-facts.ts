// What a series of buckets means to a question: asked for or not, its group, its rates. Worked out once for each series.
import type { Grouping } from '../../contract/usage.ts'
import { ACTIVITIES } from '../../contract/words.ts'
import { activityOf, agentOf, bandOfSeries, modelOf } from '../tallies/buckets.ts'
import type { PriceBook } from '../usage/prices/price-book.ts'
import type { ModelRates } from '../usage/prices/rates.ts'
import { chosenIds, type Question, type Share } from './question.ts'

/** What a group is about, besides time: as far as it was asked for. */
export type Labels = Readonly<Partial<Record<Grouping, string>>>

export interface SeriesFacts {
  readonly chosen: boolean
  /** Number of the group's labels. */
  readonly key: number
  readonly labels: Labels
  readonly band: number
  readonly rates: ModelRates | null
  readonly agent: string
  readonly model: string
}

/** Numbers for labels, the same for the same labels on whichever device. */
export class LabelKeys {
  readonly #keys = new Map<string, number>()

  keyOf(labels: Labels): number {
    const text = JSON.stringify(labels)
    const known = this.#keys.get(text)
    if (known !== undefined) return known
    this.#keys.set(text, this.#keys.size)
    return this.#keys.size - 1
  }
}

/** Gives the facts of a device's series. */
export function factsOf(
  { device, totals }: Share,
  { by, params }: Question,
  prices: PriceBook,
  keys: LabelKeys,
): (series: number) => SeriesFacts {
  const agents = chosenIds(totals.agents.list, params.agents)
  const models = chosenIds(totals.models.list, params.models)
  const work = (series: number): SeriesFacts => {
    const agent = totals.agents.nameOf(agentOf(series))
    const model = totals.models.nameOf(modelOf(series))
    const all = {
      agent,
      model,
      activity: ACTIVITIES[activityOf(series)] ?? ACTIVITIES[0],
      device: device.name,
    }
    const labels: Labels = Object.fromEntries(
      Object.entries(all).filter(([name]) => by.includes(name as Grouping)),
    )
    return {
      chosen: (agents?.has(agentOf(series)) ?? true) && (models?.has(modelOf(series)) ?? true),
      key: keys.keyOf(labels),
      labels,
      band: bandOfSeries(series),
      rates: prices.ratesOf(agent, model),
      agent,
      model,
    }
  }
  const known = new Map<number, SeriesFacts>()
  return (series) => {
    let facts = known.get(series)
    if (facts === undefined) {
      facts = work(series)
      known.set(series, facts)
    }
    return facts
  }
}
