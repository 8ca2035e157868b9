// What both sides of a transfer share: what each keeps of it, and how it is shown.
import type { Outcome } from '../../../contract/transfer-wire.ts'
import type { TransferEnd, TransferState } from '../../../contract/transfer-words.ts'
import type { Party, Transfer } from '../../../contract/transfers.ts'
import type { OtherSide } from '../../ceremony/sealed-line.ts'

/** Any state of either machine, as far as it is shown. */
export interface ShownState {
  readonly at: TransferState
  readonly why?: TransferEnd
  readonly outcome?: Outcome
}

export function isOver({ at }: ShownState): boolean {
  return at !== 'offered' && at !== 'accepted' && at !== 'reviewed'
}

/** `called`: the name of a paired device, null where it is none; `claimed`: what it calls itself. */
export function partyOf(
  { id, address }: OtherSide,
  called: (id: string) => string | null,
  claimed: string | null,
): Party {
  const name = called(id)
  return { id, address, name: name ?? claimed ?? id.slice(0, 8), paired: name !== null }
}

/** The end of a wait, in milliseconds from now; one at a time. */
export class Deadline {
  readonly #over: () => void
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  /** RFC 3339. */
  at: string

  constructor(over: () => void, now: () => number) {
    this.#over = over
    this.#now = now
    this.at = new Date(now()).toISOString()
  }

  set(ms: number): void {
    clearTimeout(this.#timer)
    this.at = new Date(this.#now() + ms).toISOString()
    this.#timer = setTimeout(this.#over, ms)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}

/** What a transfer needs of the daemon, on either side. */
export interface TransferHost {
  readonly called: (id: string) => string | null
  readonly changed: () => void
  readonly record: (
    kind:
      | 'transferOffered'
      | 'transferSent'
      | 'transferFetched'
      | 'transferCommitted'
      | 'transferEnded'
      | 'transferUnknown',
    subject: { readonly id?: string | null; readonly name?: string | null; readonly address?: string | null },
    detail?: string,
  ) => void
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface OneTransfer {
  readonly id: string
  show(): Transfer
  isOver(): boolean
  cancel(): void
  stop(): void
}
