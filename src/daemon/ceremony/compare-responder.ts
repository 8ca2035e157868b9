// Pairing by comparing, the side that is asked ("B"): it commits to its nonce before it learns the other's.
import type { Direction } from '../../contract/ceremony.ts'
import { CEREMONY_VERSION } from '../../contract/ceremony-words.ts'
import {
  type CompareEffect,
  type CompareEvent,
  type CompareOptions,
  compareStep,
  type Humans,
  showing,
} from './compare.ts'
import { type Compared, commitmentTo, digitsOf } from './digits.ts'
import { agreedFlow, type Flow } from './flow.ts'
import { fail, isOurselves, otherwise, requireBytes, type Step } from './machine.ts'
import { decoded, encoded } from './message.ts'

interface Facts {
  readonly compared: Compared
  readonly nonce: Uint8Array
}

/** Nothing was said yet. */
interface AwaitingStart extends Facts {
  readonly at: 'awaitingStart'
  readonly wish: Direction
}

/** Our commitment is sent, A's nonce is awaited. */
interface AwaitingNonce extends Facts {
  readonly at: 'awaitingNonce'
  readonly flow: Flow
  readonly claimedName: string
}

export type ResponderState = AwaitingStart | AwaitingNonce | Humans

export interface ResponderOptions extends CompareOptions {
  /** What this device allows at most. */
  readonly wish: Direction
}

type ResponderStep = Step<ResponderState, CompareEffect>

export function answerComparing(options: ResponderOptions): ResponderStep {
  if (isOurselves(options)) return fail('ownCertificate')
  const { own, peer, exporter, nonce, wish } = options
  requireBytes(nonce, 32, 'nonce')
  const compared = { fingerprintA: peer, fingerprintB: own, exporter }
  return { state: { at: 'awaitingStart', compared, nonce, wish }, effects: [] }
}

export function responderStep(state: ResponderState, event: CompareEvent): ResponderStep {
  switch (state.at) {
    case 'awaitingStart':
      return onStart(state, event)
    case 'awaitingNonce':
      return onNonce(state, event)
    case 'comparing':
      return compareStep(state, event)
    case 'agreed':
    case 'ended':
      return { state, effects: [] }
  }
}

function onStart(state: AwaitingStart, event: CompareEvent): ResponderStep {
  // A yes before there is a number to say yes to.
  if (event.type === 'confirmed') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'start') return otherwise(event)
  const { compared, nonce, wish } = state
  const { version, direction, name } = event.message
  if (version !== CEREMONY_VERSION) return fail('version')
  const flow = agreedFlow(wish, direction)
  if (flow === null) return fail('nothingShared')
  const commitment = encoded(commitmentTo(nonce, compared))
  return {
    state: { at: 'awaitingNonce', compared, nonce, flow, claimedName: name },
    effects: [{ type: 'send', message: { type: 'commitment', direction: wish, commitment } }],
  }
}

function onNonce(state: AwaitingNonce, event: CompareEvent): ResponderStep {
  if (event.type === 'confirmed') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'nonce') return otherwise(event)
  const { compared, nonce, flow, claimedName } = state
  const shown = showing(digitsOf(decoded(event.message.nonce), nonce, compared), flow, claimedName)
  const reveal: CompareEffect = { type: 'send', message: { type: 'nonce', nonce: encoded(nonce) } }
  return { state: shown.state, effects: [reveal, ...shown.effects] }
}
