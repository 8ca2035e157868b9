// Pairing by code, the side that types the code. It stops at a confirmation that does not verify, so that whoever answered
// without knowing the code learns nothing but that.
import type { Direction } from '../../contract/ceremony.ts'
import { CEREMONY_VERSION } from '../../contract/ceremony-words.ts'
import { type CodeEffect, isSame, settingOf } from './code.ts'
import { agreedFlow } from './flow.ts'
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
  finishProver,
  keySchedule,
  type Secrets,
  type Setting,
  scalarFrom,
  shareOfProver,
  transcriptOf,
} from './spake2plus.ts'

/** Our share is sent; the verifier's share and confirmation are awaited. */
interface AwaitingShare {
  readonly at: 'awaitingShare'
  readonly setting: Setting
  readonly secrets: Secrets
  readonly x: bigint
  readonly shareP: Uint8Array
  readonly wish: Direction
}

export type ProverState = AwaitingShare | { readonly at: 'agreed' } | Ended

export interface ProverOptions extends Channel {
  /** Of `secretsOf`, with this channel's fingerprints. */
  readonly secrets: Secrets
  /** Random, fresh for this connection, `RANDOM_BYTES` long. */
  readonly random: Uint8Array
  readonly wish: Direction
}

type ProverStep = Step<ProverState, CodeEffect>

export function beginProving(options: ProverOptions): ProverStep {
  if (isOurselves(options)) return fail('ownCertificate')
  const { secrets, random, wish } = options
  const x = scalarFrom(random)
  const shareP = shareOfProver(secrets.w0, x)
  return {
    state: { at: 'awaitingShare', setting: settingOf(options, 'prover'), secrets, x, shareP, wish },
    effects: [
      {
        type: 'send',
        message: { type: 'shareP', version: CEREMONY_VERSION, direction: wish, share: encoded(shareP) },
      },
    ],
  }
}

export function proverStep(state: ProverState, event: CommonEvent): ProverStep {
  if (state.at !== 'awaitingShare') return { state, effects: [] }
  if (event.type !== 'received' || event.message?.type !== 'shareV') return otherwise(event)
  const { direction, share, confirmation } = event.message
  const exchange = exchangeWith(state, decoded(share))
  if (exchange === null) return fail('badShare')
  const keys = keySchedule(transcriptOf(state.setting, exchange, state.secrets.w0))
  if (!isSame(confirmationOf(keys.confirmV, exchange.shareP), decoded(confirmation))) return fail('wrongCode')
  // Only now is it known that these are the verifier's words.
  const flow = agreedFlow(state.wish, direction)
  if (flow === null) return fail('nothingShared')
  const confirmP = confirmationOf(keys.confirmP, exchange.shareV)
  return {
    state: { at: 'agreed' },
    effects: [
      { type: 'send', message: { type: 'confirmP', confirmation: encoded(confirmP) } },
      { type: 'agreed', flow, key: keys.shared },
    ],
  }
}

function exchangeWith({ secrets, x, shareP }: AwaitingShare, shareV: Uint8Array): Exchange | null {
  try {
    return { shareP, shareV, ...finishProver(secrets, x, shareV) }
  } catch {
    return null
  }
}
