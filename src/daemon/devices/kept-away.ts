// Whose comparisons are not answered for a while: of sources that the owner denied, and of those that had their turn while others
// waited and made nothing of it. Times on the clock of performance.now.
import type { CeremonyFailure } from '../../contract/ceremony.ts'
import { sourceOf } from '../../contract/source.ts'

/** Whom the owner denied does not come back for this long. */
const BARRED_MS = 10 * 60_000
/** Who kept others away for nothing lets them come first: they were told to try again in a minute. */
const YIELDS_MS = 60_000
const SOURCES_CAP = 1_000

type Why = Extract<CeremonyFailure, 'barred' | 'busy'>

export class KeptAway {
  readonly #sources = new Map<string, { readonly until: number; readonly why: Why }>()

  /** The owner denied what came from there. */
  bar(host: string): void {
    this.#keep(host, BARRED_MS, 'barred')
  }

  /** What came from there kept somebody else away, and nobody was paired. */
  yields(host: string): void {
    if (this.whyNot(host) === null) this.#keep(host, YIELDS_MS, 'busy')
  }

  /** Why a comparison from there is not answered; null if it is. */
  whyNot(host: string): Why | null {
    const kept = this.#sources.get(sourceOf(host))
    return kept !== undefined && performance.now() < kept.until ? kept.why : null
  }

  #keep(host: string, ms: number, why: Why): void {
    const source = sourceOf(host)
    this.#sources.delete(source)
    if (this.#sources.size >= SOURCES_CAP) this.#sources.delete(this.#sources.keys().next().value!)
    this.#sources.set(source, { until: performance.now() + ms, why })
  }
}
