// One transfer that this device sends: runs the machine of sending.ts over the lines on which a receiver comes.
import type { Transfer } from '../../../contract/transfers.ts'
import { ATTEMPTS } from '../../ceremony/invitation.ts'
import type { OtherSide, SealedLine } from '../../ceremony/sealed-line.ts'
import type { Parcel } from './parcel.ts'
import { OFFERED, type SendingEffect, type SendingEvent, type SendingState, sendingStep } from './sending.ts'
import { Deadline, isOver, type OneTransfer, partyOf, type TransferHost } from './shown.ts'

export interface OutgoingContext extends TransferHost {
  readonly id: string
  /** The paired device that it is for; null where whoever has the code may fetch it. */
  readonly to: { readonly id: string; readonly name: string } | null
  readonly parcel: Parcel
  readonly waitsMs: number
  readonly ownName: () => string
  /** It is over, or about to be: nobody new is to come. */
  readonly over: () => void
}

/** As devices/ tells of them. */
interface Attempts {
  readonly attemptsLeft: number
  readonly failed: number
  readonly wrongFrom: readonly string[]
  readonly burnt: boolean
}

export class Outgoing implements OneTransfer {
  readonly id: string
  readonly #context: Omit<OutgoingContext, 'parcel'>
  readonly #openedAt: string
  readonly #deadline: Deadline
  #state: SendingState = OFFERED
  #line: SealedLine | null = null
  /** Whom it was handed out to, or who is asked now. */
  #receiver: OtherSide | null = null
  /** What the receiver calls itself. */
  #claimed: string | null = null
  #attempts: Attempts
  /** Dropped once it is over: values are kept no longer than they are needed. */
  #parcel: Parcel | null

  constructor({ parcel, ...context }: OutgoingContext) {
    this.id = context.id
    this.#context = context
    this.#parcel = parcel
    this.#openedAt = new Date(context.now()).toISOString()
    this.#attempts = {
      attemptsLeft: context.to === null ? ATTEMPTS : 0,
      failed: 0,
      wrongFrom: [],
      burnt: false,
    }
    this.#deadline = new Deadline(() => this.#step({ type: 'timedOut' }), context.now)
    this.#deadline.set(context.waitsMs)
    this.#items = parcel.secrets.length + parcel.configs.length
    this.#receiver = context.to === null ? null : { id: context.to.id, address: '' }
    context.record('transferOffered', context.to ?? {}, this.#manifest(parcel))
  }

  readonly #items: number

  show(): Transfer {
    const { to, called } = this.#context
    const state = this.#state
    const { attemptsLeft, failed, wrongFrom } = this.#attempts
    return {
      id: this.id,
      role: 'sender',
      state: state.at,
      by: to === null ? 'code' : 'pairing',
      peer: this.#receiver === null ? null : partyOf(this.#receiver, called, this.#claimed),
      items: this.#items,
      openedAt: this.#openedAt,
      expiresAt: this.#deadline.at,
      attemptsLeft,
      failed,
      wrongFrom: [...wrongFrom],
      why: 'why' in state ? state.why : null,
      outcome: 'outcome' in state ? state.outcome : null,
    }
  }

  isOver(): boolean {
    return isOver(this.#state)
  }

  isWaitingForCode(): boolean {
    return this.#context.to === null && this.#state.at === 'offered' && !this.#state.met
  }

  /** Whether that device had it already and may come to say what became of it. */
  wasSentTo(device: string): boolean {
    const isSent = this.#state.at === 'reviewed' || this.#state.at === 'committed'
    return isSent && this.#receiver?.id === device
  }

  met(line: SealedLine, again: boolean): void {
    if (this.isOver() && !again) {
      line.close()
      return
    }
    // Who comes again takes the place of its own line of before, which may be dead.
    const before = this.#line
    this.#line = line
    before?.close()
    if (!again) this.#receiver = line.other
    line.listen((event) => {
      if (this.#line !== line) return
      if (event.type === 'closed') this.#line = null
      this.#step(event)
    })
    this.#step({ type: 'met', again })
  }

  attempted(attempts: Attempts): void {
    this.#attempts = attempts
    if (attempts.burnt) this.#step({ type: 'burnt' })
    this.#context.changed()
  }

  cancel(): void {
    this.#step({ type: 'cancelled' })
  }

  replace(): void {
    this.#step({ type: 'ended', why: 'replaced' })
  }

  stop(): void {
    this.#step({ type: 'ended', why: 'stopped' })
  }

  #step(event: SendingEvent): void {
    const before = this.#state
    const { state, effects } = sendingStep(before, event, this.#context.to === null ? 'code' : 'pairing')
    this.#state = state
    for (const effect of effects) this.#do(effect)
    if (state.at !== before.at) this.#became(state)
    this.#context.changed()
  }

  #became(state: SendingState): void {
    const { record, over, called } = this.#context
    const receiver = this.#receiver === null ? {} : partyOf(this.#receiver, called, this.#claimed)
    if (state.at === 'accepted') record('transferSent', receiver)
    if (!isOver(state)) return
    this.#deadline.clear()
    this.#parcel = null
    if (state.at === 'committed') record('transferCommitted', receiver, 'there')
    else {
      const why = 'why' in state ? state.why : undefined
      record(why === 'unknown' ? 'transferUnknown' : 'transferEnded', receiver, why)
    }
    over()
  }

  #do(effect: SendingEffect): void {
    switch (effect.type) {
      case 'send':
        this.#line?.send(effect.message)
        break
      case 'offer': {
        // A clock that was set back must not make it longer than it can be.
        const left = Date.parse(this.#deadline.at) - this.#context.now()
        const waitsMs = Math.min(Math.max(0, left), this.#context.waitsMs)
        this.#line?.send({
          type: 'offer',
          name: this.#context.ownName(),
          items: this.#items,
          waitsMs: Math.round(waitsMs),
        })
        break
      }
      case 'accepted':
        this.#claimed = effect.name
        break
      case 'items':
        if (this.#parcel !== null) this.#line?.send({ type: 'items', ...mutable(this.#parcel) })
        break
      case 'deadline':
        this.#deadline.set(effect.ms)
        break
      case 'hangUp':
        this.#line?.close()
        break
    }
  }

  /** For the audit log: names, no values. */
  #manifest({ secrets, configs }: Parcel): string {
    return [
      ...configs.map(({ name }) => `configuration ${name}`),
      ...secrets.map(({ name }) => `secret ${name}`),
    ].join(', ')
  }
}

function mutable({ secrets, configs }: Parcel): { secrets: unknown[]; configs: unknown[] } {
  return { secrets: [...secrets], configs: [...configs] }
}
