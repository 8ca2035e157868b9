// Pairing by comparing, the side that asks ("A"): it reveals its nonce only after the other is committed, and shows nothing
// unless the commitment holds.
import { timingSafeEqual } from 'node:crypto'
import type { Direction } from '../../contract/ceremony.ts'
import { CEREMONY_VERSION } from '../../contract/ceremony-words.ts'
import {
  type CompareEffect,
  type CompareEvent,
  type CompareOptions,
  type Comparing,
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

/** `start` is sent, B's commitment is awaited. */
interface AwaitingCommitment extends Facts {
  readonly at: 'awaitingCommitment'
  readonly wish: Direction
}

/** Our nonce is sent, B's is awaited. */
interface AwaitingNonce extends Facts {
  readonly at: 'awaitingNonce'
  readonly commitment: Buffer
  readonly flow: Flow
}

export type InitiatorState = AwaitingCommitment | AwaitingNonce | Humans

export interface InitiatorOptions extends CompareOptions {
  readonly wish: Direction
  /** What this device calls itself: the other human reads it beside the question. */
  readonly name: string
}

type InitiatorStep = Step<InitiatorState, CompareEffect>

export function beginComparing(options: InitiatorOptions): InitiatorStep {
  if (isOurselves(options)) return fail('ownCertificate')
  const { own, peer, exporter, nonce, wish, name } = options
  requireBytes(nonce, 32, 'nonce')
  const compared = { fingerprintA: own, fingerprintB: peer, exporter }
  return {
    state: { at: 'awaitingCommitment', compared, nonce, wish },
    effects: [{ type: 'send', message: { type: 'start', version: CEREMONY_VERSION, direction: wish, name } }],
  }
}

export function initiatorStep(state: InitiatorState, event: CompareEvent): InitiatorStep {
  switch (state.at) {
    case 'awaitingCommitment':
      return onCommitment(state, event)
    case 'awaitingNonce':
      return onNonce(state, event)
    case 'comparing':
      return compareStep(state, event)
    case 'agreed':
    case 'ended':
      return { state, effects: [] }
  }
}

function onCommitment(state: AwaitingCommitment, event: CompareEvent): InitiatorStep {
  // A yes before there is a number to say yes to.
  if (event.type === 'confirmed') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'commitment') return otherwise(event)
  const { compared, nonce, wish } = state
  const flow = agreedFlow(wish, event.message.direction)
  if (flow === null) return fail('nothingShared')
  const commitment = decoded(event.message.commitment)
  return {
    state: { at: 'awaitingNonce', compared, nonce, commitment, flow },
    effects: [{ type: 'send', message: { type: 'nonce', nonce: encoded(nonce) } }],
  }
}

function onNonce(
  state: AwaitingNonce,
  event: CompareEvent,
): Step<AwaitingNonce | Comparing | Humans, CompareEffect> {
  if (event.type === 'confirmed') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'nonce') return otherwise(event)
  const { compared, nonce, commitment, flow } = state
  const theirs = decoded(event.message.nonce)
  if (!timingSafeEqual(commitmentTo(theirs, compared), commitment)) return fail('commitmentBroken')
  return showing(digitsOf(nonce, theirs, compared), flow, null)
}
