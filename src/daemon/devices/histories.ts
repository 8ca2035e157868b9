// Whose totals count as whose: each device's own copy, and those of devices that were merged into it.
import type { UsageAnswer } from '../../contract/wire.ts'
import type { Copies } from './copies.ts'
import { type CopiedTotals, emptyTotals } from './copy.ts'
import { overlaps, takeOver } from './merging.ts'
import type { Member, Merged, Roster } from './roster.ts'

const NOTHING_MERGED: readonly CopiedTotals[] = []
/** Of a device that told nothing yet. */
const NOTHING_TOLD = emptyTotals(0, 0)

export class Histories {
  readonly #roster: Roster
  readonly #copies: Copies

  constructor({ roster, copies }: { readonly roster: Roster; readonly copies: Copies }) {
    this.#roster = roster
    this.#copies = copies
  }

  /** Reads every copy there should be. */
  async load(): Promise<void> {
    for (const { id } of [...this.#roster.members, ...this.#roster.merged]) await this.#copies.load(id)
    // The disk may be behind what was taken over.
    for (const merged of this.#roster.merged) this.#take(merged)
  }

  /** The totals that count under this device's name; none where it neither told nor will tell anything. */
  of({ id, state, direction }: Member): CopiedTotals[] {
    const own = this.#copies.of(id)
    // Asked for every device with every question, and hardly any was ever merged.
    const merged =
      this.#roster.merged.length === 0
        ? NOTHING_MERGED
        : this.#roster.merged.flatMap((each) =>
            each.into === id ? (this.#copies.of(each.id)?.totals ?? []) : [],
          )
    const isTeller = state === 'paired' && direction !== 'give'
    if ((own?.asOf ?? null) === null && !isTeller && merged.length === 0) return []
    return [own?.totals ?? NOTHING_TOLD, ...merged]
  }

  /** `old` counts as `into` from now on. Throws TallyError stateUnwritable. */
  async merge(old: string, into: string, at: string): Promise<void> {
    await this.#copies.load(old)
    await this.#copies.load(into)
    await this.#roster.merge(old, into, at)
    for (const merged of this.#roster.merged) if (merged.into === into) this.#take(merged)
    await this.#copies.flush()
  }

  /** The device told something: what it took over of those that were merged into it. */
  told(id: string, answer: UsageAnswer): void {
    let first = Number.POSITIVE_INFINITY
    for (const [quarter] of answer.buckets) first = Math.min(first, quarter)
    for (const [quarter] of answer.toolCalls) first = Math.min(first, quarter)
    for (const merged of this.#roster.merged) {
      const totals = merged.into === id ? this.#copies.of(merged.id)?.totals : undefined
      if (totals !== undefined && overlaps(totals, first)) this.#take(merged)
    }
  }

  #take({ id, into }: Merged): void {
    const [old, young] = [this.#copies.of(id), this.#copies.of(into)]
    if (old === undefined || young === undefined) return
    if (takeOver(old.totals, young.totals) > 0) this.#copies.changed(id)
  }
}
