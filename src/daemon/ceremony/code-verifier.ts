// Pairing by code, the side that shows the code. An attempt is counted when a well-formed share arrives, before anything
// is answered, because the answer tells a guesser whether the guess was right.
import type { Direction } from '../../contract/ceremony.ts'
import { CEREMONY_VERSION } from '../../contract/ceremony-words.ts'
import { type CodeEffect, isSame, settingOf } from './code.ts'
import { agreedFlow, type Flow } from './flow.ts'
import {
  type Channel,
  type CommonEvent,
  type Ended,
  fail,
  isOurselves,
  otherwise,
  type Step,
} from './machine.ts'
import { decoded, encoded } from './message.ts'
import {
  confirmationOf,
  type Exchange,
  finishVerifier,
  keySchedule,
  registrationOf,
  requireShare,
  type Secrets,
  type Setting,
  scalarFrom,
  shareOfVerifier,
  transcriptOf,
} from './spake2plus.ts'

export type VerifierEvent =
  | CommonEvent
  /** The invitation counted this attempt and lets it go on. */
  | {
      readonly type: 'admitted'
      /** Of `secretsOf`, with this channel's fingerprints. */
      readonly secrets: Secrets
      /** Random, fresh for this connection, `RANDOM_BYTES` long. */
      readonly random: Uint8Array
    }

/** Nothing was said yet. */
interface AwaitingShare {
  readonly at: 'awaitingShare'
  readonly setting: Setting
  readonly wish: Direction
}

/** The share is well-formed; the invitation is asked. */
interface Counting {
  readonly at: 'counting'
  readonly setting: Setting
  readonly wish: Direction
  readonly shareP: Uint8Array
  readonly flow: Flow
}

/** Our share and confirmation are sent. */
interface AwaitingConfirmation {
  readonly at: 'awaitingConfirmation'
  readonly expected: Buffer
  readonly key: Buffer
  readonly flow: Flow
}

export type VerifierState =
  | AwaitingShare
  | Counting
  | AwaitingConfirmation
  | { readonly at: 'agreed' }
  | Ended

export interface VerifierOptions extends Channel {
  /** What this device allows at most. */
  readonly wish: Direction
}

type VerifierStep = Step<VerifierState, CodeEffect>

export function beginVerifying(options: VerifierOptions): VerifierStep {
  if (isOurselves(options)) return fail('ownCertificate')
  const setting = settingOf(options, 'verifier')
  return { state: { at: 'awaitingShare', setting, wish: options.wish }, effects: [] }
}

export function verifierStep(state: VerifierState, event: VerifierEvent): VerifierStep {
  switch (state.at) {
    case 'awaitingShare':
      return onShare(state, event)
    case 'counting':
      return onAdmitted(state, event)
    case 'awaitingConfirmation':
      return onConfirmation(state, event)
    case 'agreed':
    case 'ended':
      return { state, effects: [] }
  }
}

function onShare(state: AwaitingShare, event: VerifierEvent): VerifierStep {
  if (event.type === 'admitted') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'shareP') return otherwise(event)
  const { version, direction, share } = event.message
  if (version !== CEREMONY_VERSION) return fail('version')
  const flow = agreedFlow(state.wish, direction)
  if (flow === null) return fail('nothingShared')
  const shareP = decoded(share)
  try {
    requireShare(shareP)
  } catch {
    return fail('badShare')
  }
  const { setting, wish } = state
  return { state: { at: 'counting', setting, wish, shareP, flow }, effects: [{ type: 'count' }] }
}

function onAdmitted(state: Counting, event: VerifierEvent): VerifierStep {
  if (event.type !== 'admitted') return otherwise(event)
  const { setting, wish, shareP, flow } = state
  const { w0 } = event.secrets
  const exchange = exchangeWith(event.secrets, scalarFrom(event.random), shareP)
  if (exchange === null) return fail('badShare')
  const keys = keySchedule(transcriptOf(setting, exchange, w0))
  const confirmation = encoded(confirmationOf(keys.confirmV, shareP))
  const share = encoded(exchange.shareV)
  return {
    state: {
      at: 'awaitingConfirmation',
      expected: confirmationOf(keys.confirmP, exchange.shareV),
      key: keys.shared,
      flow,
    },
    effects: [{ type: 'send', message: { type: 'shareV', direction: wish, share, confirmation } }],
  }
}

function onConfirmation(state: AwaitingConfirmation, event: VerifierEvent): VerifierStep {
  if (event.type === 'admitted') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'confirmP') return otherwise(event)
  if (!isSame(state.expected, decoded(event.message.confirmation))) return fail('wrongCode')
  return { state: { at: 'agreed' }, effects: [{ type: 'agreed', flow: state.flow, key: state.key }] }
}

function exchangeWith({ w0, w1 }: Secrets, y: bigint, shareP: Uint8Array): Exchange | null {
  try {
    return {
      shareP,
      shareV: shareOfVerifier(w0, y),
      ...finishVerifier(w0, registrationOf(w1), y, shareP),
    }
  } catch {
    return null
  }
}
