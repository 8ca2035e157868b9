// Wrong user codes, counted by the address of who types them: after five there is a pause, in which the right one is refused too.
import { TallyError } from '../../contract/errors.ts'
import { sourceOf } from '../../contract/source.ts'

export const WRONG_CODES = 5
/** After so long without a wrong one nothing is counted any more, in milliseconds: the pause as well. */
export const PAUSE_MS = 10 * 60_000
/** Addresses that are remembered; all of them belong to somebody who was given the right to approve. */
const SOURCES_CAP = 1_000

export class WrongCodes {
  readonly #ticks: () => number
  readonly #wrong = new Map<string, { readonly count: number; readonly lastAt: number }>()

  /** `ticks`: milliseconds of a clock that nobody sets. */
  constructor(ticks: () => number) {
    this.#ticks = ticks
  }

  /** Null is never paused. Throws TallyError codesPaused. */
  requireNoPause(address: string | null): void {
    if (address === null) return
    const { count, lastAt } = this.#known(address)
    if (count < WRONG_CODES) return
    const minutes = Math.ceil((lastAt + PAUSE_MS - this.#ticks()) / 60_000)
    throw new TallyError('codesPaused', `from here for another ${minutes} min`)
  }

  count(address: string | null): void {
    if (address === null) return
    const source = sourceOf(address)
    const counted = { count: this.#known(address).count + 1, lastAt: this.#ticks() }
    this.#wrong.delete(source)
    this.#wrong.set(source, counted)
    if (this.#wrong.size > SOURCES_CAP) this.#wrong.delete(this.#wrong.keys().next().value!)
  }

  /** A right one: who types it can read. */
  forget(address: string | null): void {
    if (address !== null) this.#wrong.delete(sourceOf(address))
  }

  #known(address: string): { readonly count: number; readonly lastAt: number } {
    const known = this.#wrong.get(sourceOf(address))
    return known === undefined || this.#ticks() - known.lastAt >= PAUSE_MS ? { count: 0, lastAt: 0 } : known
  }
}
