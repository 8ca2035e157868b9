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
  /** Of agent and model together. */
  readonly name: string
}

/** Numbers for labels, the same for the same labels on whichever device. */
export class LabelKeys {
  readonly #known = new Map<string, { readonly key: number; readonly labels: Labels }>()
  readonly #names: readonly (typeof LABELLED)[number][]

  constructor(by: readonly Grouping[]) {
    this.#names = LABELLED.filter((name) => by.includes(name))
  }

  /** How many are remembered. */
  get size(): number {
    return this.#known.size
  }

  of(all: Readonly<Record<(typeof LABELLED)[number], string>>): { key: number; labels: Labels } {
    let text = ''
    // A name may hold anything, but not two lengths.
    for (const name of this.#names) text += `${all[name].length} ${all[name]}`
    let known = this.#known.get(text)
    if (known === undefined) {
      const labels = Object.fromEntries(this.#names.map((name) => [name, all[name]]))
      known = { key: this.#known.size, labels }
      this.#known.set(text, known)
    }
    return known
  }
}

const LABELLED = ['agent', 'model', 'activity', 'device'] as const satisfies readonly Grouping[]

/** Slots of the small table in front of the map; a device has about a hundred series. */
const NEAR = 1024

/** The facts of one device's series, each worked out when it is first met. */
export class FactsBySeries {
  readonly #share: Share
  readonly #prices: PriceBook
  readonly #keys: LabelKeys
  readonly #agents: Set<number> | null
  readonly #models: Set<number> | null
  readonly #known = new Map<number, SeriesFacts>()
  /** The series met last in each slot: it is asked once a bucket, and a map would be half of the whole time. */
  readonly #nearSeries = new Int32Array(NEAR).fill(-1)
  readonly #near: SeriesFacts[] = []

  constructor(share: Share, { params }: Question, prices: PriceBook, keys: LabelKeys) {
    this.#share = share
    this.#prices = prices
    this.#keys = keys
    this.#agents = chosenIds(share.totals.agents.list, params.agents)
    this.#models = chosenIds(share.totals.models.list, params.models)
  }

  of(series: number): SeriesFacts {
    const slot = (series ^ (series >>> 10)) & (NEAR - 1)
    if (this.#nearSeries[slot] === series) return this.#near[slot]!
    let facts = this.#known.get(series)
    if (facts === undefined) {
      facts = this.#work(series)
      this.#known.set(series, facts)
    }
    this.#nearSeries[slot] = series
    this.#near[slot] = facts
    return facts
  }

  #work(series: number): SeriesFacts {
    const { device, totals } = this.#share
    const agent = totals.agents.nameOf(agentOf(series))
    const model = totals.models.nameOf(modelOf(series))
    const all = {
      agent,
      model,
      activity: ACTIVITIES[activityOf(series)] ?? ACTIVITIES[0],
      device: device.name,
    }
    const { key, labels } = this.#keys.of(all)
    const isAgent = this.#agents?.has(agentOf(series)) ?? true
    return {
      chosen: isAgent && (this.#models?.has(modelOf(series)) ?? true),
      key,
      labels,
      band: bandOfSeries(series),
      rates: this.#prices.ratesOf(agent, model),
      agent,
      model,
      name: `${agent}\n${model}`,
    }
  }
}
