// The transfers that there are: those that are under way, and the last ones that are over.
import { TRANSFER } from '../../../contract/transfer-words.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import type { OneTransfer } from './shown.ts'

export class TransferList {
  /** The newest last; those that are over go first. */
  readonly #all: OneTransfer[] = []
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  get all(): readonly OneTransfer[] {
    return this.#all
  }

  get open(): OneTransfer[] {
    return this.#all.filter((each) => !each.isOver())
  }

  /** Those that are open. */
  get outgoing(): Outgoing[] {
    return this.open.filter((each) => each instanceof Outgoing)
  }

  /** Those that are over too. */
  get incoming(): Incoming[] {
    return this.#all.filter((each) => each instanceof Incoming)
  }

  keep(transfer: OneTransfer): void {
    this.#all.push(transfer)
    const over = this.#all.filter((each) => each.isOver())
    for (const old of over.slice(0, -TRANSFER.ended)) this.#all.splice(this.#all.indexOf(old), 1)
    this.#changed()
  }
}
