// Pairing by comparing, from the moment both sides know the number: two humans say yes, in either order, or it ends.
// What comes before differs by side: compare-initiator.ts and compare-responder.ts.
import type { Flow } from './flow.ts'
import {
  type Agreed,
  type Channel,
  type CommonEvent,
  type End,
  type Ended,
  fail,
  otherwise,
  type Send,
  type Step,
} from './machine.ts'

export type CompareEvent =
  | CommonEvent
  /** Our human says that the number is the same; `digits` is what `--digits` gave, null for a yes at the prompt. */
  | { readonly type: 'confirmed'; readonly digits: string | null }

/** Show the number, and ask. */
export interface Show {
  readonly type: 'show'
  readonly digits: string
  readonly flow: Flow
  /** What the initiator calls itself; null on its own screen. */
  readonly claimedName: string | null
}

export type CompareEffect = Send | Show | Agreed | End

export interface CompareOptions extends Channel {
  /** Random, fresh for this connection, 32 bytes. */
  readonly nonce: Uint8Array
}

/** Both nonces are known. */
export interface Comparing {
  readonly at: 'comparing'
  readonly digits: string
  readonly flow: Flow
  readonly ownYes: boolean
  readonly theirYes: boolean
}

/** The settlement has the connection from here on. */
export interface AgreedState {
  readonly at: 'agreed'
}

export type Humans = Comparing | AgreedState | Ended

export function showing(
  digits: string,
  flow: Flow,
  claimedName: string | null,
): Step<Comparing, CompareEffect> {
  return {
    state: { at: 'comparing', digits, flow, ownYes: false, theirYes: false },
    effects: [{ type: 'show', digits, flow, claimedName }],
  }
}

/** A side says yes when its human did, and each side says it once. */
export function compareStep(state: Comparing, event: CompareEvent): Step<Humans, CompareEffect> {
  if (event.type === 'confirmed') {
    if (event.digits !== null && event.digits !== state.digits) return fail('wrongDigits')
    // A human who answers twice has answered.
    if (state.ownYes) return { state, effects: [] }
    return decided({ ...state, ownYes: true }, [{ type: 'send', message: { type: 'yes' } }])
  }
  if (event.type === 'received' && event.message?.type === 'yes' && !state.theirYes) {
    return decided({ ...state, theirYes: true }, [])
  }
  return otherwise(event)
}

function decided(state: Comparing, effects: readonly CompareEffect[]): Step<Humans, CompareEffect> {
  if (!state.ownYes || !state.theirYes) return { state, effects }
  return { state: { at: 'agreed' }, effects: [...effects, { type: 'agreed', flow: state.flow, key: null }] }
}
