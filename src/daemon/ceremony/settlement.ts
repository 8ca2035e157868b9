// After either ceremony: the two devices exchange tokens and become paired. Each step is on disk before the next message
// leaves, so a crash anywhere leaves a device that is paired, or one that is not, or one whose other side is not
// ("half-paired"), and never one that trusts without having been trusted.
import type { CeremonyMessage } from '../../contract/ceremony.ts'
import type { Flow } from './flow.ts'
import { type CommonEvent, type End, type Ended, otherwise, type Send, type Step } from './machine.ts'

/** A provisional device dies after this long, in milliseconds, and at a restart. */
export const PROVISIONAL_LIVES_MS = 60_000

export type SettlementEffect =
  | Send
  | End
  /** Write a device that authorises nothing yet, with the token that we issue (null: we give nothing). */
  | { readonly type: 'storeProvisional'; readonly issued: string | null; readonly flow: Flow }
  /** Write the token that the other side issued (null: it gives nothing), what it calls itself, and where it listens. */
  | {
      readonly type: 'storeToken'
      readonly token: string | null
      readonly claimedName: string
      readonly port: number | null
    }
  /** Make the device active. It is paired. */
  | { readonly type: 'activate' }
  /** Remove the provisional device. */
  | { readonly type: 'discard' }

/** Our token is sent, theirs is awaited. */
interface AwaitingToken {
  readonly at: 'awaitingToken'
  readonly flow: Flow
}

/** We have theirs and said so; that they have ours is awaited. */
interface AwaitingDone {
  readonly at: 'awaitingDone'
}

export type SettlementState = AwaitingToken | AwaitingDone | { readonly at: 'paired' } | Ended

export interface SettlementOptions {
  /** As the ceremony's effect `agreed` has it. */
  readonly flow: Flow
  /** A fresh token bound to the other's certificate; null where we give nothing. */
  readonly issued: string | null
  /** What this device calls itself. */
  readonly name: string
  /** Of this device's LAN listener; null where it has none. */
  readonly port: number | null
}

type SettlementStep = Step<SettlementState, SettlementEffect>

export function beginSettling({ flow, issued, name, port }: SettlementOptions): SettlementStep {
  if (flow.gives !== (issued !== null))
    throw new RangeError('a token is issued exactly where totals are given')
  return {
    state: { at: 'awaitingToken', flow },
    effects: [
      { type: 'storeProvisional', issued, flow },
      { type: 'send', message: { type: 'token', name, port, token: issued } },
    ],
  }
}

export function settlementStep(state: SettlementState, event: CommonEvent): SettlementStep {
  if (state.at === 'paired' || state.at === 'ended') return { state, effects: [] }
  const message = event.type === 'received' ? event.message : null
  if (state.at === 'awaitingToken' && message?.type === 'token') return onToken(state, message)
  if (state.at === 'awaitingDone' && message?.type === 'done') {
    return { state: { at: 'paired' }, effects: [{ type: 'activate' }] }
  }
  return discarding(otherwise(event))
}

function onToken(
  { flow }: AwaitingToken,
  { token, name, port }: Extract<CeremonyMessage, { type: 'token' }>,
): SettlementStep {
  if (flow.reads !== (token !== null)) return discarding(otherwise({ type: 'refused', why: 'badToken' }))
  return {
    state: { at: 'awaitingDone' },
    effects: [
      { type: 'storeToken', token, claimedName: name, port },
      { type: 'send', message: { type: 'done' } },
    ],
  }
}

function discarding({ state, effects }: Step<Ended, Send | End>): SettlementStep {
  return { state, effects: [{ type: 'discard' }, ...effects] }
}
