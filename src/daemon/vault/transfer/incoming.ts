// One transfer that this device receives: runs the machine of receiving.ts over the line to its sender. What came is held in memory
// until the owner has decided; nothing of it is stored before.
import { TallyError } from '../../../contract/errors.ts'
import { TRANSFER_ENDS } from '../../../contract/transfer-words.ts'
import type { Party, Transfer } from '../../../contract/transfers.ts'
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import { type Parcel, readParcel } from './parcel.ts'
import {
  beginReceiving,
  type ReceivingEffect,
  type ReceivingEvent,
  type ReceivingState,
  type ReceivingStep,
  receivingStep,
} from './receiving.ts'
import type { Reviewed } from './review.ts'
import { Deadline, isOver, type OneTransfer, partyOf, type TransferHost } from './shown.ts'

export interface IncomingContext extends TransferHost {
  readonly line: SealedLine
  readonly by: 'code' | 'pairing'
  /** Whoever typed the code wants it already. */
  readonly wanted: boolean
  readonly ownName: () => string
  /** The owner is to be asked whether to look at it. */
  readonly ask: (incoming: Incoming) => void
  /** The owner need not be asked any more. */
  readonly asked: () => void
}

/** What is saved once the sender said go: the vault's own change, all or nothing. */
export type Save = (from: string, transfer: string) => Promise<Saved>

export type Saved = Pick<Reviewed, 'outcome' | 'unlinked'>

export class Incoming implements OneTransfer {
  readonly id: string
  readonly #context: IncomingContext
  readonly #openedAt: string
  readonly #deadline: Deadline
  #state: ReceivingState
  #claimed: string | null = null
  #items = 1
  #parcel: Parcel | null = null
  #problem: string | null = null
  #save: Save | null = null
  #saved: Saved | null = null
  #unsaved: unknown
  /** Nothing is heard any more. */
  #hungUp = false
  /** Called at every step. */
  readonly #watchers = new Set<() => void>()

  constructor(context: IncomingContext) {
    const { line, now } = context
    this.id = line.transfer
    this.#context = context
    this.#openedAt = new Date(now()).toISOString()
    this.#deadline = new Deadline(() => this.#step({ type: 'timedOut' }), now)
    const { state, effects } = beginReceiving(context.wanted)
    this.#state = state
    for (const effect of effects) this.#do(effect)
    line.listen((event) => this.#step(event))
  }

  get from(): Party {
    return partyOf(this.#context.line.other, this.#context.called, this.#claimed)
  }

  get expiresAt(): string {
    return this.#deadline.at
  }

  get openedAt(): string {
    return this.#openedAt
  }

  /** How many things the sender says that it is. */
  get items(): number {
    return this.#items
  }

  show(): Transfer {
    const state = this.#state
    return {
      id: this.id,
      role: 'receiver',
      state: state.at,
      by: this.#context.by,
      peer: this.from,
      items: this.#items,
      openedAt: this.#openedAt,
      expiresAt: this.#deadline.at,
      attemptsLeft: 0,
      failed: 0,
      wrongFrom: [],
      why: 'why' in state ? state.why : null,
      outcome: 'outcome' in state ? state.outcome : null,
    }
  }

  isOver(): boolean {
    return isOver(this.#state)
  }

  /** Whether its owner is still to be asked. */
  isWaiting(): boolean {
    return this.#state.at === 'offered'
  }

  /** Says that the owner wants to see it, and resolves when it is there. Throws TallyError transferFailed. */
  async fetch(): Promise<Parcel> {
    this.#step({ type: 'wanted' })
    await this.#until(() => this.#parcel !== null || this.isOver())
    return this.parcel()
  }

  /** What was saved, once it was. */
  saved(): (Saved & { readonly told: boolean }) | null {
    const state = this.#state
    return state.at === 'committed' && this.#saved !== null ? { ...this.#saved, told: state.told } : null
  }

  /** Its sender is on another line now: ends this one, or waits until what is being saved is. */
  async giveWay(): Promise<void> {
    if (this.#state.at === 'reviewed' && this.#state.saving) await this.#until(() => isOver(this.#state))
    else this.#step({ type: 'closed' })
    this.#context.line.close()
  }

  /** What came. Throws TallyError transferFailed where it is over, noSuchTransfer where it is not there yet. */
  parcel(): Parcel {
    if (this.#parcel !== null && !this.isOver()) return this.#parcel
    throw this.isOver() ? this.#failure() : new TallyError('noSuchTransfer', 'it was not fetched yet')
  }

  /**
   * Saves it, as `save` does, once the sender says go; resolves when the vault has it and the sender has heard, or will not. Throws
   * TallyError transferFailed, or what `save` throws.
   */
  async commit(save: Save): Promise<Saved & { readonly told: boolean }> {
    if (this.#save !== null) throw new TallyError('transferFailed', 'it is being saved already')
    this.parcel()
    this.#save = save
    this.#step({ type: 'decided' })
    await this.#until(() => this.#isDone())
    // It holds on to what came.
    this.#save = null
    const saved = this.saved()
    if (saved !== null) return saved
    throw this.#unsaved ?? this.#failure()
  }

  cancel(): void {
    this.#step({ type: 'refused', why: this.#state.at === 'offered' ? 'declined' : 'cancelledByReceiver' })
  }

  stop(): void {
    this.#step({ type: 'refused', why: 'stopped' })
  }

  #isDone(): boolean {
    const state = this.#state
    if (state.at === 'committed') return state.told || this.#hungUp
    return isOver(state)
  }

  #step(event: ReceivingEvent): void {
    const before = this.#state
    if (event.type === 'closed') this.#hungUp = true
    this.#take(receivingStep(before, event), before)
  }

  #take({ state, effects }: ReceivingStep, before: ReceivingState): void {
    this.#state = state
    for (const effect of effects) this.#do(effect)
    if (this.#state === state && state.at !== before.at) this.#became(state, before)
    for (const watcher of [...this.#watchers]) watcher()
    this.#context.changed()
  }

  #became(state: ReceivingState, before: ReceivingState): void {
    const { record, asked } = this.#context
    if (before.at === 'offered') asked()
    if (state.at === 'committed') record('transferCommitted', this.from, 'here')
    if (!isOver(state)) return
    this.#parcel = null
    if (state.at !== 'committed') {
      this.#deadline.clear()
      // What nobody here wanted, and nobody here refused, the other side can cause as often as it likes.
      const isOurs = before.at !== 'offered' || ('why' in state && state.why === 'declined')
      if (isOurs) record('transferEnded', this.from, 'why' in state ? state.why : undefined)
    }
  }

  #do(effect: ReceivingEffect): void {
    const { line, ask } = this.#context
    switch (effect.type) {
      case 'send':
        line.send(effect.message)
        break
      case 'offered':
        this.#claimed = effect.offer.name
        this.#items = effect.offer.items
        break
      case 'accept':
        line.send({ type: 'accept', name: this.#context.ownName() })
        break
      case 'ask':
        ask(this)
        break
      case 'arrived':
        this.#arrived(effect.items)
        break
      case 'save':
        void this.#saveNow()
        break
      case 'deadline':
        // What came before it may have ended it.
        if (!isOver(this.#state) || this.#state.at === 'committed') this.#deadline.set(effect.ms)
        break
      case 'hangUp':
        this.#hungUp = true
        this.#deadline.clear()
        line.close()
        break
    }
  }

  #arrived(items: { readonly secrets: readonly unknown[]; readonly configs: readonly unknown[] }): void {
    const read = readParcel(items)
    if ('problem' in read) {
      this.#problem = read.problem
      this.#step({ type: 'refused', why: 'unreadable' })
      return
    }
    this.#parcel = read
    this.#items = read.secrets.length + read.configs.length
    this.#context.record('transferFetched', this.from)
  }

  async #saveNow(): Promise<void> {
    try {
      this.#saved = await this.#save!(this.#context.line.other.id, this.id)
      this.#step({ type: 'saved', outcome: this.#saved.outcome })
    } catch (error) {
      this.#unsaved = error
      this.#step({ type: 'unsaved' })
    }
  }

  #until(is: () => boolean): Promise<void> {
    if (is()) return Promise.resolve()
    return new Promise((resolve) => {
      const watcher = () => {
        if (!is()) return
        this.#watchers.delete(watcher)
        resolve()
      }
      this.#watchers.add(watcher)
    })
  }

  #failure(): TallyError {
    const state = this.#state
    const why = 'why' in state ? state.why : 'closed'
    const { name } = this.from
    if (why === 'unreadable' && this.#problem !== null) {
      const says = `what ${name} sent cannot be taken: ${this.#problem}`
      return TallyError.saying(
        'transferFailed',
        says,
        'nothing was saved; have it mended there and sent again',
      )
    }
    return new TallyError('transferFailed', TRANSFER_ENDS[why])
  }
}
