// What comes to this device: how it is fetched, shown to its owner and saved, once, also where its sender says it again.
import { TallyError } from '../../../contract/errors.ts'
import { fitsOutcome } from '../../../contract/generated/wire.ts'
import type { TransferRequest } from '../../../contract/requests.ts'
import type { Outcome } from '../../../contract/transfer-wire.ts'
import { nothingOffered, TRANSFER } from '../../../contract/transfer-words.ts'
import type { Decision, Edit, Preview } from '../../../contract/transfers.ts'
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import type { Contents } from '../contents.ts'
import { keepOutcome } from '../items.ts'
import { Asks } from './asks.ts'
import type { TransfersContext } from './context.ts'
import { existing } from './existing.ts'
import { Incoming } from './incoming.ts'
import type { TransferList } from './list.ts'
import { arrivedOf, review, type Unlinked } from './review.ts'

export interface Committed {
  readonly outcome: Outcome
  readonly unlinked: Unlinked[]
  readonly told: boolean
}

export class Arrivals {
  readonly #context: TransfersContext
  readonly #list: TransferList
  readonly #fetching = new Set<string>()
  readonly #asks = new Asks()
  /** With which code it was fetched; a code is used up by then. */
  readonly #codes = new WeakMap<Incoming, string>()

  constructor(context: TransfersContext, list: TransferList) {
    this.#context = context
    this.#list = list
  }

  /** A paired device wants to send something: fetches what it says of it, and asks the owner. Never throws. */
  async offered(from: { readonly id: string; readonly name: string }, transfer: string): Promise<void> {
    const key = `${from.id} ${transfer}`
    const open = this.#list.incoming.filter((each) => !each.isOver() && each.from.id === from.id)
    if (this.#fetching.has(key) || open.some((each) => each.id === transfer)) return
    const fetching = [...this.#fetching].filter((each) => each.startsWith(from.id))
    if (open.length + fetching.length >= TRANSFER.openOfOne || this.#list.open.length >= TRANSFER.open) return
    this.#fetching.add(key)
    try {
      const { line, again } = await this.#context.network.fetchFrom(from.id, transfer)
      if (again) await this.#repeat(line)
      else if (this.#asks.may(from.id, performance.now())) this.#receive(line, 'pairing')
      else line.close()
    } catch {
      // It tells again whenever this device connects to it.
    } finally {
      this.#fetching.delete(key)
    }
  }

  /** Throws TallyError as transfers.receive says. */
  async receive(
    address: string,
    code: string,
  ): Promise<{ received: Preview | null; repeated: Outcome | null }> {
    const { network, vault } = this.#context
    // Before the code is used up: what cannot be opened cannot be compared with what comes.
    await (await vault()).read()
    const { line, again } = await network.fetchByCode(address, code)
    if (again) {
      const repeated = await this.#repeat(line)
      const before = this.#list.incoming.findLast((each) => each.id === line.transfer)
      const its = before === undefined ? undefined : this.#codes.get(before)
      // Another code is of another transfer, which is over: what became of the one before is no answer to it.
      if (its === undefined || its === code) return { received: null, repeated }
      throw nothingOffered(address)
    }
    const incoming = this.#receive(line, 'code')
    this.#codes.set(incoming, code)
    return { received: await this.#preview(incoming), repeated: null }
  }

  /** Throws TallyError as transfers.accept says. */
  async accept(id: string | undefined): Promise<Preview> {
    await (await this.#context.vault()).read()
    const waiting = this.#list.incoming.filter(
      (each) => each.isWaiting() || (!each.isOver() && each.id === id),
    )
    const found = waiting.filter((each) => id === undefined || each.id === id)
    const [only] = found
    if (only === undefined) throw new TallyError('noSuchTransfer', id === undefined ? 'nothing waits' : id)
    if (found.length > 1) throw new TallyError('noSuchTransfer', `${found.length} wait: name one`)
    return this.#preview(only)
  }

  /** Throws TallyError as transfers.commit says. */
  async commit(id: string, decisions: readonly Decision[], edits: readonly Edit[]): Promise<Committed> {
    const vault = await this.#context.vault()
    const incoming = this.#list.incoming.findLast((each) => each.id === id)
    if (incoming === undefined) throw new TallyError('noSuchTransfer', id)
    const before = incoming.saved()
    // Asking again repeats the answer.
    if (before !== null) return { ...before, unlinked: [...before.unlinked] }
    const parcel = incoming.parcel()
    const decide = (contents: Contents) =>
      review(contents, parcel, decisions, edits, new Date(this.#context.now()).toISOString())
    // The sender is only told once it is known that it can be saved so.
    decide(await vault.read())
    const { outcome, unlinked, told } = await incoming.commit((from, transferId) =>
      vault.change((contents) => {
        const { outcome, unlinked, ...decided } = decide(contents)
        const at = new Date(this.#context.now()).toISOString()
        const kept = keepOutcome(decided.contents, { transferId, from, at, outcome })
        return { contents: kept, result: { outcome, unlinked } }
      }),
    )
    return { outcome, unlinked: [...unlinked], told }
  }

  /** Throws TallyError transferFailed. */
  #receive(line: SealedLine, by: 'code' | 'pairing'): Incoming {
    // Ids are random: one that is open here already was made up.
    if (this.#list.open.some((each) => each.id === line.transfer)) {
      line.close()
      throw new TallyError('transferFailed', 'it goes by the name of another one')
    }
    let request: { remove(): void } | null = null
    const incoming = new Incoming({
      ...this.#context,
      line,
      by,
      wanted: by === 'code',
      ask: (asking) => {
        request = this.#context.requests.add(requestOf(asking), {
          // Never called: it is looked at first.
          approve: () => undefined,
          deny: () => asking.cancel(),
        })
        // So many wait that it could not be seen.
        if (request === null) asking.cancel()
      },
      asked: () => request?.remove(),
    })
    this.#list.keep(incoming)
    return incoming
  }

  async #preview(incoming: Incoming): Promise<Preview> {
    const parcel = await incoming.fetch()
    const contents = await (await this.#context.vault()).read()
    const { id, from, expiresAt } = incoming
    const there = await existing(parcel.configs.map(({ path }) => path))
    return { id, from, expiresAt, items: arrivedOf(contents, parcel, (path) => there.has(path)) }
  }

  /** It was handed out to this device before: says again what became of it, or that nothing did. */
  async #repeat(line: SealedLine): Promise<Outcome | null> {
    let outcome: Outcome | null = null
    try {
      const open = this.#list.incoming.filter((each) => !each.isOver() && each.id === line.transfer)
      for (const each of open) if (each.from.id === line.other.id) await each.giveWay()
      const { outcomes } = await (await this.#context.vault()).read()
      const kept = outcomes.find(
        ({ transferId, from }) => transferId === line.transfer && from === line.other.id,
      )
      const told = kept?.outcome
      outcome = fitsOutcome(told) ? told : null
      line.send(outcome === null ? { type: 'lost' } : { type: 'outcome', outcome })
    } finally {
      line.close()
    }
    if (outcome === null)
      throw new TallyError('transferFailed', 'it was fetched before, and nothing of it was saved')
    return outcome
  }
}

function requestOf({ id, from, items, openedAt, expiresAt }: Incoming): Omit<TransferRequest, 'id'> {
  const { id: device, name, address } = from
  return { kind: 'transfer', transfer: id, from: { id: device, name, address }, items, openedAt, expiresAt }
}
