// One enrolment, from the client that asks to the token that it fetches: a pure function of (state, event), drawn in
// docs/access.md. Codes, the list of requests, tokens and timers live outside of it. Times are milliseconds of a clock that
// nobody sets.
import type { OAuthError } from './asking.ts'

/** `expires_in` of RFC 8628 §3.2. */
export const ENROLMENT_LIVES_MS = 10 * 60_000
/** `interval` of RFC 8628 §3.2. */
export const INTERVAL_MS = 5_000
/** RFC 8628 §3.5: with each slow_down the interval grows by 5 seconds. */
const SLOWER_MS = 5_000
/** A client that ran wild for a moment is still let in before its code expires. */
export const SLOWEST_MS = 60_000
/** Timers fire a little early, and a network delays one poll more than the next. */
const EARLY_MS = 500

/** Where it stands. `decision` is what the owner granted: the token is made only when the client fetches it. */
export type Stage<Decision> =
  | { readonly at: 'pending' }
  | { readonly at: 'approved'; readonly decision: Decision }
  /** The token is being written: there is no way to a second one from here. */
  | { readonly at: 'redeeming'; readonly decision: Decision }
  | { readonly at: 'redeemed' }
  /** `answer` is what each poll is told. */
  | { readonly at: 'denied'; readonly answer: OAuthError }
  | { readonly at: 'expired' }

export interface Enrolment<Decision> {
  readonly stage: Stage<Decision>
  readonly expiresAt: number
  /** What has to lie between two polls. */
  readonly interval: number
  readonly polledAt: number | null
  readonly link: 'unopened' | 'opened'
}

export type EnrolmentEvent<Decision> =
  | { readonly type: 'passed'; readonly now: number }
  | { readonly type: 'polled'; readonly now: number }
  | { readonly type: 'approved'; readonly now: number; readonly decision: Decision }
  /** By the owner, or because it could never succeed; `answer` is what the client hears. */
  | { readonly type: 'denied'; readonly now: number; readonly answer: OAuthError }
  /** Who asked has asked anew with the same certificate: what was asked before is over, also where somebody said yes to it. */
  | { readonly type: 'superseded'; readonly now: number }
  | { readonly type: 'opened'; readonly now: number }
  /** The disk has the token. */
  | { readonly type: 'minted' }
  /** There is no token, and nothing has changed but the disk: the next poll may succeed. */
  | { readonly type: 'notMinted'; readonly now: number }
  /** There is no token, or nobody knows: there will be none from this approval. */
  | { readonly type: 'failed'; readonly answer: OAuthError }

export type EnrolmentEffect<Decision> =
  /** Answer the poll. `interval` in milliseconds, with slow_down alone. */
  | { readonly type: 'answer'; readonly error: OAuthError; readonly interval?: number }
  /** Make the token, then tell the machine what became of it. */
  | { readonly type: 'mint'; readonly decision: Decision }
  /** Nobody can say yes or no to it any more: its user code is free, it is no longer listed. */
  | { readonly type: 'unlist' }
  /** It came to its end without a token because nobody came in time. */
  | { readonly type: 'lapsed' }
  /** Answer who opened the link. */
  | { readonly type: 'link'; readonly is: 'shown' | 'used' | 'expired' | 'gone' }

export interface EnrolmentStep<Decision> {
  readonly state: Enrolment<Decision>
  readonly effects: readonly EnrolmentEffect<Decision>[]
}

export function beginEnrolment<Decision>(now: number): Enrolment<Decision> {
  return {
    stage: { at: 'pending' },
    expiresAt: now + ENROLMENT_LIVES_MS,
    interval: INTERVAL_MS,
    polledAt: null,
    link: 'unopened',
  }
}

/** Whether it can still become a token. */
export function isLive<Decision>({ stage }: Enrolment<Decision>): boolean {
  return stage.at === 'pending' || stage.at === 'approved' || stage.at === 'redeeming'
}

export function enrolmentStep<Decision>(
  before: Enrolment<Decision>,
  event: EnrolmentEvent<Decision>,
): EnrolmentStep<Decision> {
  const { state, effects } = 'now' in event ? passed(before, event.now) : { state: before, effects: [] }
  const step = onEvent(state, event)
  return { state: step.state, effects: [...effects, ...step.effects] }
}

function onEvent<Decision>(
  state: Enrolment<Decision>,
  event: EnrolmentEvent<Decision>,
): EnrolmentStep<Decision> {
  const { stage } = state
  switch (event.type) {
    case 'passed':
      return { state, effects: [] }
    case 'polled':
      return polled(state, event.now)
    case 'opened':
      return opened(state)
    case 'approved':
      if (stage.at !== 'pending') return { state, effects: [] }
      return {
        state: { ...state, stage: { at: 'approved', decision: event.decision } },
        effects: [{ type: 'unlist' }],
      }
    case 'denied':
      if (stage.at !== 'pending') return { state, effects: [] }
      return {
        state: { ...state, stage: { at: 'denied', answer: event.answer } },
        effects: [{ type: 'unlist' }],
      }
    case 'superseded':
      if (stage.at !== 'pending' && stage.at !== 'approved') return { state, effects: [] }
      return {
        state: { ...state, stage: { at: 'expired' } },
        effects: stage.at === 'pending' ? [{ type: 'unlist' }] : [],
      }
    case 'minted':
    case 'notMinted':
    case 'failed':
      return stage.at === 'redeeming' ? redeeming(state, stage.decision, event) : { state, effects: [] }
  }
}

/** A token that is being written is not stopped by the time: whoever polled was there before it was over. */
function passed<Decision>(state: Enrolment<Decision>, now: number): EnrolmentStep<Decision> {
  const { at } = state.stage
  if (now < state.expiresAt || (at !== 'pending' && at !== 'approved')) return { state, effects: [] }
  const effects = [...(at === 'pending' ? [{ type: 'unlist' } as const] : []), { type: 'lapsed' } as const]
  return { state: { ...state, stage: { at: 'expired' } }, effects }
}

function polled<Decision>(before: Enrolment<Decision>, now: number): EnrolmentStep<Decision> {
  const { stage, polledAt } = before
  if (stage.at === 'expired') return answered(before, 'expired_token')
  if (stage.at === 'denied') return answered(before, stage.answer)
  // RFC 6749 §5.2: a grant that was used is none.
  if (stage.at === 'redeemed') return answered(before, 'invalid_grant')
  if (polledAt !== null && now - polledAt < before.interval - EARLY_MS) {
    const interval = Math.min(before.interval + SLOWER_MS, SLOWEST_MS)
    return {
      state: { ...before, interval, polledAt: now },
      effects: [{ type: 'answer', error: 'slow_down', interval }],
    }
  }
  const state = { ...before, polledAt: now }
  if (stage.at !== 'approved') return answered(state, 'authorization_pending')
  const { decision } = stage
  return {
    state: { ...state, stage: { at: 'redeeming', decision } },
    effects: [{ type: 'mint', decision }],
  }
}

function redeeming<Decision>(
  state: Enrolment<Decision>,
  decision: Decision,
  event: Extract<EnrolmentEvent<Decision>, { type: 'minted' | 'notMinted' | 'failed' }>,
): EnrolmentStep<Decision> {
  switch (event.type) {
    case 'minted':
      return { state: { ...state, stage: { at: 'redeemed' } }, effects: [] }
    case 'notMinted':
      return passed({ ...state, stage: { at: 'approved', decision } }, event.now)
    case 'failed':
      return answered({ ...state, stage: { at: 'denied', answer: event.answer } }, event.answer)
  }
}

/** A link works once, and only while there is something to say yes to. */
function opened<Decision>(state: Enrolment<Decision>): EnrolmentStep<Decision> {
  if (state.link === 'opened') return { state, effects: [{ type: 'link', is: 'used' }] }
  if (state.stage.at === 'pending') {
    return { state: { ...state, link: 'opened' }, effects: [{ type: 'link', is: 'shown' }] }
  }
  const is = state.stage.at === 'expired' ? 'expired' : 'gone'
  return { state, effects: [{ type: 'link', is }] }
}

function answered<Decision>(state: Enrolment<Decision>, error: OAuthError): EnrolmentStep<Decision> {
  return { state, effects: [{ type: 'answer', error }] }
}
