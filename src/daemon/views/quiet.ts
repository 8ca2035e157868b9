// Gives back what answers left in memory, once nobody asks any more: an idle daemon allocates nothing, so V8 would keep it.
import { collectGarbage } from '../usage/index/garbage.ts'

/** After this long without a question, in milliseconds. */
const QUIET_MS = 30_000
/** Fewer questions leave nothing worth 10 ms. */
const MANY = 50

export class Quiet {
  #questions = 0
  #timer: NodeJS.Timeout | null = null
  readonly #collect: () => void
  readonly #quietMs: number

  /** Others than the real ones in tests. */
  constructor(collect: () => void = collectGarbage, quietMs = QUIET_MS) {
    this.#collect = collect
    this.#quietMs = quietMs
  }

  /** Something was asked. */
  asked(): void {
    this.#questions++
    if (this.#questions >= MANY) this.wait()
  }

  /** Something else left as much behind as many questions do. */
  wait(): void {
    if (this.#timer === null) this.#timer = setTimeout(() => this.#rest(), this.#quietMs).unref()
    else this.#timer.refresh()
  }

  #rest(): void {
    this.#timer = null
    this.#questions = 0
    this.#collect()
  }
}
