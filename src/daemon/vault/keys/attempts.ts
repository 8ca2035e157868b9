// How often a passphrase may be wrong: five times in a row, then a pause. In memory alone: whoever can restart the daemon can read
// the vault's file and guess without it, as fast as scrypt lets them.
import { TallyError } from '../../../contract/errors.ts'

const [MOST, PAUSE_MS] = [5, 60_000]

export class Attempts {
  readonly #ticks: () => number
  #wrong = 0
  #pausedUntil = 0

  /** Milliseconds of a clock that is never set back. */
  constructor(ticks: () => number) {
    this.#ticks = ticks
  }

  /** Throws TallyError passphrasesPaused. */
  check(): void {
    const leftMs = this.#pausedUntil - this.#ticks()
    if (leftMs > 0)
      throw new TallyError('passphrasesPaused', `${Math.ceil(leftMs / 1000)} s are left to wait`)
  }

  wrong(): void {
    this.#wrong++
    if (this.#wrong < MOST) return
    this.#wrong = 0
    this.#pausedUntil = this.#ticks() + PAUSE_MS
  }

  right(): void {
    this.#wrong = 0
  }
}
