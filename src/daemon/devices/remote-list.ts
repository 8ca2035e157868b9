// The list of other devices with their totals, made anew for every question and yet the same one as long as nothing changed: of a thousand
// devices every list would leave garbage for a millisecond.
import type { Totals } from '../tallies/totals.ts'
import type { DeviceFacts, Remote } from './devices.ts'

export class RemoteList {
  #list: readonly Remote[] = []
  /** What differs from `#list` is put here, after a copy of what does not. */
  #fresh: Remote[] | null = null
  #length = 0

  begin(): void {
    this.#fresh = null
    this.#length = 0
  }

  put(facts: DeviceFacts, totals: Totals): void {
    const at = this.#length++
    const before = this.#list[at]
    const isSame = before?.facts === facts && before.totals === totals
    if (isSame && this.#fresh === null) return
    this.#fresh ??= this.#list.slice(0, at)
    this.#fresh.push(isSame ? before : { facts, totals })
  }

  /** What was put, in its order; the very same list as before where it is the same. */
  end(): readonly Remote[] {
    if (this.#fresh !== null) this.#list = this.#fresh
    else if (this.#length < this.#list.length) this.#list = this.#list.slice(0, this.#length)
    this.#fresh = null
    return this.#list
  }
}
