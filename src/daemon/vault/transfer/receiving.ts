// The receiver's side of a transfer as a pure machine of (state, event); docs/transfer.md draws it. Nothing is saved before the sender
// said `go`, and what is being saved is saved whatever the other side does.
import type { Outcome, TransferMessage } from '../../../contract/transfer-wire.ts'
import { TRANSFER, type TransferEnd } from '../../../contract/transfer-words.ts'
import type { LineEvent } from '../../ceremony/sealed-line.ts'

/** An answer with no human in it comes within so many milliseconds. */
export const PROMPT_MS = 10_000

export type Offered = Extract<TransferMessage, { type: 'offer' }>
export type Items = Extract<TransferMessage, { type: 'items' }>

export type ReceivingState =
  /** Null until the sender has said what it offers. */
  | { readonly at: 'offered'; readonly offer: Offered | null; readonly wanted: boolean }
  /** Null until they are here. */
  | { readonly at: 'accepted'; readonly items: Items | null }
  /** The owner has decided; `saving` once the sender said go. */
  | { readonly at: 'reviewed'; readonly saving: boolean }
  /** `told`: the sender has heard of it. */
  | { readonly at: 'committed'; readonly outcome: Outcome; readonly told: boolean }
  | { readonly at: 'declined' | 'expired' | 'failed'; readonly why: TransferEnd }

export type ReceivingEvent =
  | LineEvent
  /** The owner wants to see it. */
  | { readonly type: 'wanted' }
  /** The owner has decided about each item. */
  | { readonly type: 'decided' }
  /** The vault has it, or cannot. */
  | { readonly type: 'saved'; readonly outcome: Outcome }
  | { readonly type: 'unsaved' }
  | { readonly type: 'refused'; readonly why: 'declined' | 'cancelledByReceiver' | 'unreadable' | 'stopped' }
  | { readonly type: 'timedOut' }

export type ReceivingEffect =
  | { readonly type: 'send'; readonly message: TransferMessage }
  /** It is known who offers, and how much. */
  | { readonly type: 'offered'; readonly offer: Offered }
  /** The owner is to be asked whether to look at it. */
  | { readonly type: 'ask' }
  /** Say that it is wanted, and by whom. */
  | { readonly type: 'accept' }
  /** There is something to look at. */
  | { readonly type: 'arrived'; readonly items: Items }
  /** Save it now, all or nothing; answer with `saved` or `unsaved`. */
  | { readonly type: 'save' }
  | { readonly type: 'deadline'; readonly ms: number }
  | { readonly type: 'hangUp' }

export interface ReceivingStep {
  readonly state: ReceivingState
  readonly effects: readonly ReceivingEffect[]
}

/** `wanted`: whoever typed the code has said yes already. */
export function beginReceiving(wanted: boolean): ReceivingStep {
  return { state: { at: 'offered', offer: null, wanted }, effects: [deadline(PROMPT_MS)] }
}

export function receivingStep(state: ReceivingState, event: ReceivingEvent): ReceivingStep {
  switch (state.at) {
    case 'offered':
      return whileOffered(state, event)
    case 'accepted':
      return whileAccepted(state, event)
    case 'reviewed':
      return state.saving ? whileSaving(state, event) : whileReviewed(state, event)
    case 'committed':
      if (event.type === 'received' && event.message?.type === 'done') {
        return { state: { ...state, told: true }, effects: [HANG_UP] }
      }
      return { state, effects: event.type === 'closed' || event.type === 'saved' ? [] : [HANG_UP] }
    case 'declined':
    case 'expired':
    case 'failed':
      return { state, effects: [] }
  }
}

const HANG_UP: ReceivingEffect = { type: 'hangUp' }

function whileOffered(
  state: Extract<ReceivingState, { at: 'offered' }>,
  event: ReceivingEvent,
): ReceivingStep {
  if (event.type === 'received' && event.message?.type === 'offer' && state.offer === null) {
    const offer = event.message
    if (state.wanted) return accept([{ type: 'offered', offer }])
    return {
      state: { ...state, offer },
      effects: [{ type: 'offered', offer }, { type: 'ask' }, deadline(offer.waitsMs + PROMPT_MS)],
    }
  }
  if (event.type === 'wanted') {
    return state.offer === null ? { state: { ...state, wanted: true }, effects: [] } : accept([])
  }
  return otherwise(state, event, 'expired')
}

function accept(before: readonly ReceivingEffect[]): ReceivingStep {
  return {
    state: { at: 'accepted', items: null },
    effects: [...before, { type: 'accept' }, deadline(PROMPT_MS)],
  }
}

function whileAccepted(
  state: Extract<ReceivingState, { at: 'accepted' }>,
  event: ReceivingEvent,
): ReceivingStep {
  if (event.type === 'received' && event.message?.type === 'items' && state.items === null) {
    const items = event.message
    return {
      state: { at: 'accepted', items },
      effects: [{ type: 'arrived', items }, deadline(TRANSFER.reviewMs)],
    }
  }
  if (event.type === 'decided' && state.items !== null) {
    return {
      state: { at: 'reviewed', saving: false },
      effects: [{ type: 'send', message: { type: 'reviewed' } }, deadline(PROMPT_MS)],
    }
  }
  return otherwise(state, event, state.items === null ? 'closed' : 'expired')
}

function whileReviewed(state: ReceivingState, event: ReceivingEvent): ReceivingStep {
  if (event.type === 'received' && event.message?.type === 'go') {
    return { state: { at: 'reviewed', saving: true }, effects: [{ type: 'save' }] }
  }
  return otherwise(state, event, 'closed')
}

/** What is being saved is saved: nothing else is heard. */
function whileSaving(state: ReceivingState, event: ReceivingEvent): ReceivingStep {
  if (event.type === 'saved') {
    const { outcome } = event
    return {
      state: { at: 'committed', outcome, told: false },
      effects: [{ type: 'send', message: { type: 'outcome', outcome } }, deadline(PROMPT_MS)],
    }
  }
  if (event.type === 'unsaved') return tell('failed', 'full')
  return { state, effects: [] }
}

/** `late`: what it means that the time is over. */
function otherwise(state: ReceivingState, event: ReceivingEvent, late: 'expired' | 'closed'): ReceivingStep {
  switch (event.type) {
    case 'received': {
      const { message } = event
      if (message?.type !== 'end') return tell('failed', 'unreadable')
      if (message.why === 'cancelledBySender') return end('declined', message.why)
      return message.why === 'expired' ? end('expired', 'expired') : end('failed', endOf(message.why))
    }
    case 'closed':
      return end('failed', 'closed')
    case 'timedOut':
      return late === 'expired' ? tell('expired', 'expired') : end('failed', 'closed')
    case 'refused': {
      const { why } = event
      return tell(why === 'unreadable' || why === 'stopped' ? 'failed' : 'declined', why)
    }
    default:
      return { state, effects: [] }
  }
}

/** What a sender says is a claim: only what a sender can know is taken. */
function endOf(why: Extract<TransferMessage, { type: 'end' }>['why']): TransferEnd {
  return why === 'stopped' || why === 'unreadable' ? why : 'closed'
}

function end(at: 'declined' | 'expired' | 'failed', why: TransferEnd): ReceivingStep {
  return { state: { at, why }, effects: [HANG_UP] }
}

function tell(
  at: 'declined' | 'expired' | 'failed',
  why: Extract<TransferMessage, { type: 'end' }>['why'],
): ReceivingStep {
  return { state: { at, why }, effects: [{ type: 'send', message: { type: 'end', why } }, HANG_UP] }
}

function deadline(ms: number): ReceivingEffect {
  return { type: 'deadline', ms }
}
