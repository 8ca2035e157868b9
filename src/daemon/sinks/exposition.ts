// Series as text that Prometheus reads, by prom-client: the classic format and OpenMetrics 1.0.
import { Counter, Gauge, Registry } from 'prom-client'
import { FAMILIES, type Family, type FamilyName, type Series, type Told } from './families.ts'
import { CONTENT_TYPES, type Format } from './format.ts'

export class Exposition {
  readonly format: Format
  readonly #registry: Registry
  #told: Told = {}

  constructor(format: Format) {
    this.format = format
    this.#registry = new Registry()
    // Only its type says that a registry cannot be of the other format.
    this.#registry.setContentType(CONTENT_TYPES[format] as typeof Registry.PROMETHEUS_CONTENT_TYPE)
    for (const name of Object.keys(FAMILIES) as FamilyName[]) this.#register(name)
  }

  /** The families of `told` that have series, each ending in a line feed; `end` has to follow the last. */
  async text(told: Told): Promise<string> {
    const names = (Object.keys(FAMILIES) as FamilyName[]).filter((name) => (told[name] ?? []).length > 0)
    // Every metric is read before this waits for anything: texts that are made at once do not mix.
    this.#told = told
    const texts = names.map((name) => this.#registry.getSingleMetricAsString(this.#nameOf(name)))
    this.#told = {}
    return (await Promise.all(texts)).map((text) => `${text}\n`).join('')
  }

  get end(): string {
    return this.format === 'openmetrics' ? '# EOF\n' : ''
  }

  /**
   * A metric whose series are read off `#told`. Told one by one, prom-client would find each by a text of its labels in which a
   * comma in a name is not told from one between labels.
   */
  #register(name: FamilyName): void {
    const { type, labels, help }: Family = FAMILIES[name]
    const options = {
      name: this.#nameOf(name),
      help,
      labelNames: [...labels],
      registers: [this.#registry],
    }
    const metric = type === 'counter' ? new Counter(options) : new Gauge(options)
    metric.get = async () => ({
      name: options.name,
      help,
      type: type as never,
      aggregator: 'sum',
      collect: () => undefined,
      values: (this.#told[name] ?? []) as Series[],
    })
  }

  /** OpenMetrics calls a counter's family by its name without `_total`, which stands at its samples; prom-client puts it there. */
  #nameOf(name: FamilyName): string {
    return this.format === 'openmetrics' ? name.replace(/_total$/, '') : name
  }
}
