// The sender's side of a transfer as a pure machine of (state, event); docs/transfer.md draws it. Until `go` it can be taken back, and from
// then on only what the receiver says counts.
import type { Outcome, TransferMessage } from '../../../contract/transfer-wire.ts'
import { TRANSFER, type TransferEnd } from '../../../contract/transfer-words.ts'
import type { LineEvent } from '../../ceremony/sealed-line.ts'

/** Saving takes a moment; a receiver that was cut off may come back, in milliseconds. */
export const SAVING_MS = 60_000

export type SendingState =
  /** `met`: the receiver is there, and its owner is asked. */
  | { readonly at: 'offered'; readonly met: boolean }
  /** It has everything, and its owner looks at it. */
  | { readonly at: 'accepted' }
  /** It was told to save. */
  | { readonly at: 'reviewed' }
  | { readonly at: 'committed'; readonly outcome: Outcome }
  | { readonly at: 'declined' | 'expired' | 'failed'; readonly why: TransferEnd }

export type SendingEvent =
  | LineEvent
  /** A receiver is there that may have it; `again`: it had it before. */
  | { readonly type: 'met'; readonly again: boolean }
  | { readonly type: 'cancelled' }
  | { readonly type: 'timedOut' }
  /** The code was tried too often. */
  | { readonly type: 'burnt' }
  /** Another one took its place, or the daemon stops. */
  | { readonly type: 'ended'; readonly why: 'replaced' | 'stopped' }

export type SendingEffect =
  | { readonly type: 'send'; readonly message: TransferMessage }
  /** First of all: who it is and how much. */
  | { readonly type: 'offer' }
  /** What the receiver calls itself. */
  | { readonly type: 'accepted'; readonly name: string }
  /** Everything, now that it was accepted. */
  | { readonly type: 'items' }
  /** `timedOut` comes after so many milliseconds, and not as it was. */
  | { readonly type: 'deadline'; readonly ms: number }
  | { readonly type: 'hangUp' }

export interface SendingStep {
  readonly state: SendingState
  readonly effects: readonly SendingEffect[]
}

export const OFFERED: SendingState = { at: 'offered', met: false }

/** `by`: a receiver by code that goes away does not come back; a paired one may. */
export function sendingStep(state: SendingState, event: SendingEvent, by: 'code' | 'pairing'): SendingStep {
  switch (state.at) {
    case 'offered':
      return whileOffered(state, event, by)
    case 'accepted':
      return whileAccepted(state, event)
    case 'reviewed':
      return whileReviewed(state, event)
    case 'committed':
      // It asks again because it has not heard that we know.
      if (event.type === 'received')
        return { state, effects: [{ type: 'send', message: { type: 'done' } }, HANG_UP] }
      return { state, effects: [] }
    case 'declined':
    case 'expired':
    case 'failed':
      return { state, effects: [] }
  }
}

const HANG_UP: SendingEffect = { type: 'hangUp' }

function whileOffered(
  state: Extract<SendingState, { at: 'offered' }>,
  event: SendingEvent,
  by: 'code' | 'pairing',
): SendingStep {
  switch (event.type) {
    case 'met':
      return { state: { at: 'offered', met: true }, effects: [{ type: 'offer' }] }
    case 'received':
      if (event.message?.type === 'accept') {
        const { name } = event.message
        const effects = [{ type: 'accepted', name }, { type: 'items' }, deadline(TRANSFER.reviewMs)] as const
        return { state: { at: 'accepted' }, effects }
      }
      return onEnd(event.message)
    case 'closed':
      if (by === 'pairing') return { state: { at: 'offered', met: false }, effects: [] }
      return state.met ? end('failed', 'closed') : { state, effects: [] }
    case 'timedOut':
      return tell('expired', 'expired')
    case 'burnt':
      return end('failed', 'burnt')
    default:
      return onOurEnd(event)
  }
}

function whileAccepted(state: SendingState, event: SendingEvent): SendingStep {
  switch (event.type) {
    case 'received':
      if (event.message?.type !== 'reviewed') return onEnd(event.message)
      return {
        state: { at: 'reviewed' },
        effects: [{ type: 'send', message: { type: 'go' } }, deadline(SAVING_MS)],
      }
    case 'closed':
      // Without our `go` nothing was saved.
      return end('failed', 'closed')
    case 'timedOut':
      return tell('failed', 'noAnswer')
    case 'met':
      // It has lost what it had, or it would not come for it anew.
      return end('failed', 'closed')
    case 'burnt':
      return { state, effects: [] }
    default:
      return onOurEnd(event)
  }
}

function whileReviewed(state: SendingState, event: SendingEvent): SendingStep {
  switch (event.type) {
    case 'received': {
      const { message } = event
      if (message?.type === 'outcome') {
        const { outcome } = message
        const done: SendingEffect = { type: 'send', message: { type: 'done' } }
        return { state: { at: 'committed', outcome }, effects: [done, HANG_UP] }
      }
      if (message?.type === 'lost') return end('failed', 'lost')
      return onEnd(message)
    }
    case 'timedOut':
      return end('failed', 'unknown')
    case 'ended':
      return end('failed', 'unknown')
    default:
      // It is too late to take it back, and whoever was cut off may come again.
      return { state, effects: [] }
  }
}

/** The receiver ended it, or says what has no place here. */
function onEnd(message: TransferMessage | null): SendingStep {
  if (message?.type !== 'end') return tell('failed', 'unreadable')
  const { why } = message
  if (why === 'declined' || why === 'cancelledByReceiver') return end('declined', why)
  if (why === 'full' || why === 'unreadable' || why === 'stopped') return end('failed', why)
  return end('expired', 'expired')
}

function onOurEnd(event: Extract<SendingEvent, { type: 'cancelled' | 'ended' }>): SendingStep {
  if (event.type === 'cancelled') return tell('declined', 'cancelledBySender')
  return event.why === 'stopped' ? tell('failed', 'stopped') : tell('declined', 'replaced')
}

function end(at: 'declined' | 'expired' | 'failed', why: TransferEnd): SendingStep {
  return { state: { at, why }, effects: [HANG_UP] }
}

/** The same, and the other side is told. */
function tell(at: 'declined' | 'expired' | 'failed', why: TransferEnd): SendingStep {
  const said = why === 'replaced' ? 'cancelledBySender' : why === 'noAnswer' ? 'expired' : why
  const message = { type: 'end', why: said } as Extract<TransferMessage, { type: 'end' }>
  return { state: { at, why }, effects: [{ type: 'send', message }, HANG_UP] }
}

function deadline(ms: number): SendingEffect {
  return { type: 'deadline', ms }
}
