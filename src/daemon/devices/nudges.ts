// Tells the devices that listen that there is something to pull. They hear nothing before the own totals are complete: what is
// there until then is less than they know already.
import type { Outbox } from './outbox.ts'

/** Changes of this device are told to the others at most this often, in milliseconds. */
const PAUSE_MS = 250

export interface NudgesContext {
  readonly outbox: Outbox
  /** Whether the own totals are complete. */
  readonly isComplete: () => boolean
}

export class Nudges {
  readonly #context: NudgesContext
  /** Who listens, and the cursor that each heard last. */
  readonly #listeners = new Map<(cursor: string) => void, string | null>()
  #timer: NodeJS.Timeout | undefined

  constructor(context: NudgesContext) {
    this.#context = context
  }

  /** Calls `tell` with the cursor now, or as soon as there is one to tell, and whenever it changes; returns how to end it. */
  listen(tell: (cursor: string) => void): () => void {
    this.#listeners.set(tell, null)
    if (this.#context.isComplete()) this.#tell(this.#context.outbox.cursor())
    return () => void this.#listeners.delete(tell)
  }

  /** The own totals, or what this device says of itself, may have changed. */
  readonly changed = (): void => {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const { outbox, isComplete } = this.#context
      if (!isComplete()) return
      outbox.refresh()
      this.#tell(outbox.cursor())
    }, PAUSE_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#listeners.clear()
  }

  #tell(cursor: string): void {
    for (const [tell, heard] of this.#listeners) {
      if (heard === cursor) continue
      this.#listeners.set(tell, cursor)
      tell(cursor)
    }
  }
}
