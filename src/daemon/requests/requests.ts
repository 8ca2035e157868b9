// Whatever waits for the owner's yes. In memory only: who asked before a restart has to ask again.
import { randomBytes } from 'node:crypto'
import { TallyError } from '../../contract/errors.ts'
import type { EnrolmentRequest, PairingRequest, Request, TransferRequest } from '../../contract/requests.ts'

/** More than a person can look at; what comes on top is refused. */
export const REQUESTS_CAP = 50

/** A request that has no id yet. */
export type Unnumbered =
  | Omit<PairingRequest, 'id'>
  | Omit<EnrolmentRequest, 'id'>
  | Omit<TransferRequest, 'id'>

/** How a request is decided. `digits` is what the owner compared; null where there was nothing to compare. */
export interface Decision {
  /** Throws TallyError wrongDigits where they are not the ones that are shown. */
  approve(digits: string | null): void
  /** `by`: who says no, e.g. `owner` or `token ID`. */
  deny(by: string): void
}

export class Requests {
  readonly #open = new Map<string, { readonly request: Request; readonly decision: Decision }>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  list(): Request[] {
    return [...this.#open.values()].map(({ request }) => request)
  }

  /** Adds a request and returns how to take it back; null where too many wait already. */
  add(request: Unnumbered, decision: Decision): { readonly id: string; remove(): void } | null {
    if (this.#open.size >= REQUESTS_CAP) return null
    const id = randomBytes(4).toString('hex')
    this.#open.set(id, { request: { id, ...request }, decision })
    this.#changed()
    return { id, remove: () => this.#remove(id) }
  }

  /**
   * Throws TallyError noSuchRequest, needsDigits, wrongDigits, needsUserCode: an enrolment is approved by its code alone; or needsReview: what
   * is sent is looked at first.
   */
  approve(id: string | undefined, digits: string | null): Request {
    const { request, decision } = this.#find(id)
    if (request.kind === 'enrolment') throw new TallyError('needsUserCode')
    if (request.kind === 'transfer') throw new TallyError('needsReview')
    if (request.digits !== undefined && digits === null) throw new TallyError('needsDigits')
    decision.approve(digits)
    return request
  }

  /** `by`: who says no. Throws TallyError noSuchRequest. */
  deny(id: string | undefined, by: string): Request {
    const { request, decision } = this.#find(id)
    decision.deny(by)
    this.#remove(request.id)
    return request
  }

  /** Without an id: the only one there is. */
  #find(id: string | undefined) {
    const all = [...this.#open.values()]
    const found = id === undefined ? (all.length === 1 ? all[0] : undefined) : this.#open.get(id)
    if (found !== undefined) return found
    if (id === undefined && all.length > 1)
      throw new TallyError('noSuchRequest', `${all.length} wait: name one`)
    throw new TallyError(
      'noSuchRequest',
      id === undefined ? 'nothing waits' : JSON.stringify(id.slice(0, 40)),
    )
  }

  #remove(id: string): void {
    if (this.#open.delete(id)) this.#changed()
  }
}
