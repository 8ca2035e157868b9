// Every transfer of this device, in both directions: the one way into them for the rest of the daemon.
import { randomBytes } from 'node:crypto'
import { TallyError } from '../../../contract/errors.ts'
import { fitsOutcome } from '../../../contract/generated/wire.ts'
import type { TransferRequest } from '../../../contract/requests.ts'
import type { Outcome } from '../../../contract/transfer-wire.ts'
import { nothingOffered, TRANSFER } from '../../../contract/transfer-words.ts'
import type { Decision, Edit, Preview, Transfer } from '../../../contract/transfers.ts'
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import type { Requests } from '../../requests/requests.ts'
import type { Contents } from '../contents.ts'
import { keepOutcome } from '../items.ts'
import type { Vault } from '../vault.ts'
import { Asks } from './asks.ts'
import { existing } from './existing.ts'
import { Incoming } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import { parcelOf } from './parcel.ts'
import { arrivedOf, review, type Unlinked } from './review.ts'
import type { OneTransfer, TransferHost } from './shown.ts'

/** What transfers ask of devices. */
export interface TransferNetwork {
  offerTransfer(offer: {
    readonly id: string
    readonly to: string | null
    readonly waitsMs: number
    wasSentTo(device: string): boolean
    met(line: SealedLine, again: boolean): void
    attempted(attempts: Parameters<Outgoing['attempted']>[0]): void
  }): Promise<{ readonly code: string | null; readonly port: number; readonly addresses: string[] }>
  closeTransfer(id: string): void
  fetchByCode(address: string, code: string): Promise<{ readonly line: SealedLine; readonly again: boolean }>
  fetchFrom(id: string, transfer: string): Promise<{ readonly line: SealedLine; readonly again: boolean }>
  receiverOf(device: string): { readonly id: string; readonly name: string }
}

export interface TransfersContext extends TransferHost {
  readonly vault: () => Promise<Vault>
  readonly network: TransferNetwork
  readonly requests: Requests
  readonly ownName: () => string
}

export interface Sent {
  readonly offered: Transfer
  readonly code: string | null
  readonly port: number | null
  readonly addresses: string[]
}

export interface Committed {
  readonly outcome: Outcome
  readonly unlinked: Unlinked[]
  readonly told: boolean
}

export class Transfers {
  readonly #context: TransfersContext
  /** The newest last; those that are over go first. */
  readonly #all: OneTransfer[] = []
  readonly #fetching = new Set<string>()
  readonly #asks = new Asks()
  /** With which code it was fetched; a code is used up by then. */
  readonly #codes = new WeakMap<Incoming, string>()

  constructor(context: TransfersContext) {
    this.#context = context
  }

  list(): Transfer[] {
    return this.#all.map((each) => each.show())
  }

  /** Throws TallyError as transfers.send says. */
  async send(wanted: {
    readonly secrets: readonly string[]
    readonly configs: readonly string[]
    readonly edits: readonly Edit[]
    readonly to: string | undefined
    readonly seconds: number
  }): Promise<Sent> {
    const { vault, network, now } = this.#context
    const to = wanted.to === undefined ? null : network.receiverOf(wanted.to)
    const parcel = parcelOf(await (await vault()).read(), wanted)
    // As with invitations: there is one code at a time, and the newest is it. Whoever has proven it already is not disturbed.
    const replaced = this.#outgoing().filter((each) => to === null && each.isWaitingForCode())
    if (this.#open().length - replaced.length >= TRANSFER.open) {
      throw new TallyError('tooMany', `${TRANSFER.open} transfers are open`, 'wait for them, or cancel them')
    }
    const toIt = this.#outgoing().filter((each) => to !== null && each.show().peer?.id === to.id)
    if (to !== null && toIt.length >= TRANSFER.openOfOne) {
      const says = `${toIt.length} transfers to ${to.name} are open`
      throw new TallyError('tooMany', says, 'wait for them, or cancel them')
    }
    for (const each of replaced) each.replace()
    const id = randomBytes(16).toString('hex')
    const waitsMs = wanted.seconds * 1000
    const outgoing = new Outgoing({
      ...this.#context,
      id,
      to,
      parcel,
      waitsMs,
      now,
      over: () => {
        // A receiver that has not heard that we know may come again for a while.
        setTimeout(
          () => network.closeTransfer(id),
          outgoing.show().state === 'committed' ? LINGER_MS : 0,
        ).unref()
      },
    })
    // Before anything is waited for: of two at once the second one sees the first.
    this.#keep(outgoing)
    try {
      const opened = await network.offerTransfer({
        id,
        to: to?.id ?? null,
        waitsMs,
        wasSentTo: (device) => outgoing.wasSentTo(device),
        met: (line, again) => outgoing.met(line, again),
        attempted: (attempts) => outgoing.attempted(attempts),
      })
      // Opening may have taken longer than it was to wait.
      if (outgoing.isOver()) network.closeTransfer(id)
      return {
        offered: outgoing.show(),
        code: opened.code,
        port: opened.port === 0 ? null : opened.port,
        addresses: opened.addresses,
      }
    } catch (error) {
      outgoing.stop()
      throw error
    }
  }

  /** A paired device wants to send something: fetches what it says of it, and asks the owner. Never throws. */
  async offered(from: { readonly id: string; readonly name: string }, transfer: string): Promise<void> {
    const key = `${from.id} ${transfer}`
    const open = this.#incoming().filter((each) => !each.isOver() && each.from.id === from.id)
    if (this.#fetching.has(key) || open.some((each) => each.id === transfer)) return
    const fetching = [...this.#fetching].filter((each) => each.startsWith(from.id))
    if (open.length + fetching.length >= TRANSFER.openOfOne || this.#open().length >= TRANSFER.open) return
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
      const before = this.#incoming().findLast((each) => each.id === line.transfer)
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
    const waiting = this.#incoming().filter((each) => each.isWaiting() || (!each.isOver() && each.id === id))
    const found = waiting.filter((each) => id === undefined || each.id === id)
    const [only] = found
    if (only === undefined) throw new TallyError('noSuchTransfer', id === undefined ? 'nothing waits' : id)
    if (found.length > 1) throw new TallyError('noSuchTransfer', `${found.length} wait: name one`)
    return this.#preview(only)
  }

  /** Throws TallyError as transfers.commit says. */
  async commit(id: string, decisions: readonly Decision[], edits: readonly Edit[]): Promise<Committed> {
    const vault = await this.#context.vault()
    const incoming = this.#incoming().findLast((each) => each.id === id)
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

  /** Whether there was such a transfer and it was open. */
  cancel(id: string): boolean {
    const open = this.#open().filter((each) => each.id === id)
    for (const each of open) each.cancel()
    return open.some((each) => each.isOver())
  }

  /** The vault is locked: what is only offered is taken back. */
  recall(): void {
    for (const each of this.#outgoing()) if (each.show().state === 'offered') each.cancel()
  }

  /** That device is trusted no more; null: none is. What goes on with it by pairing ends. */
  parted(device: string | null): void {
    for (const each of this.#open()) {
      const { by, peer } = each.show()
      if (by === 'pairing' && (device === null || peer?.id === device)) each.cancel()
    }
  }

  stop(): void {
    for (const each of this.#open()) each.stop()
  }

  /** Throws TallyError transferFailed. */
  #receive(line: SealedLine, by: 'code' | 'pairing'): Incoming {
    // Ids are random: one that is open here already was made up.
    if (this.#open().some((each) => each.id === line.transfer)) {
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
    this.#keep(incoming)
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
      const open = this.#incoming().filter((each) => !each.isOver() && each.id === line.transfer)
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

  #keep(transfer: OneTransfer): void {
    this.#all.push(transfer)
    const over = this.#all.filter((each) => each.isOver())
    for (const old of over.slice(0, -TRANSFER.ended)) this.#all.splice(this.#all.indexOf(old), 1)
    this.#context.changed()
  }

  #open(): OneTransfer[] {
    return this.#all.filter((each) => !each.isOver())
  }

  #outgoing(): Outgoing[] {
    return this.#open().filter((each) => each instanceof Outgoing)
  }

  #incoming(): Incoming[] {
    return this.#all.filter((each) => each instanceof Incoming)
  }
}

/** After it was committed a receiver may ask once more, in milliseconds. */
const LINGER_MS = 60_000

function requestOf({ id, from, items, openedAt, expiresAt }: Incoming): Omit<TransferRequest, 'id'> {
  const { id: device, name, address } = from
  return { kind: 'transfer', transfer: id, from: { id: device, name, address }, items, openedAt, expiresAt }
}
