// The state machine of one login: pure, so that every order of events can be tried. docs/access.md draws it.
// A token that was handed out is either kept, and then given back once before it is forgotten, or given back at once.
import { type HandedOut, type Pace, type Polled, paceAfter } from '../../contract/device-grant.ts'

/** The longest pause between two tries to give a token back, in milliseconds. */
const LONGEST_LEAVING_MS = 3_600_000
/** The longest pause between two tries to use a new token, in milliseconds: unused it ends there in 10 minutes. */
const LONGEST_CONFIRMING_MS = 60_000
const FIRST_PAUSE_MS = 1_000

export type Login =
  /** It waits for a yes there. `deadline` on a clock that nobody sets. */
  | { readonly at: 'asking'; readonly pace: Pace; readonly deadline: number }
  /** The token is being written down; `leaves` if it is to be given back right after. */
  | { readonly at: 'keeping'; readonly token: HandedOut; readonly leaves: boolean }
  | { readonly at: 'claimed'; readonly confirmed: boolean; readonly pause: number }
  /** Logged out here, while the other side still takes the token. */
  | { readonly at: 'leaving'; readonly pause: number }
  | { readonly at: 'over'; readonly why: string }

export type LoginEvent =
  /** What the question for the token came to. */
  | { readonly type: 'polled'; readonly polled: Polled; readonly now: number }
  | { readonly type: 'kept' }
  | { readonly type: 'notKept' }
  /** The token was used, and is good. */
  | { readonly type: 'confirmed' }
  /** It is not taken there any more. */
  | { readonly type: 'refused' }
  /** It is revoked there. */
  | { readonly type: 'revoked' }
  | { readonly type: 'unanswered' }
  /** The owner here wants it no more. */
  | { readonly type: 'ended' }
  /** The same, whether or not the other side hears of it. */
  | { readonly type: 'dropped' }

export type LoginEffect =
  | { readonly do: 'poll'; readonly afterMs: number }
  /** Write the token down; answered with kept or notKept. */
  | { readonly do: 'keep'; readonly token: HandedOut }
  /** Use it for the first time. */
  | { readonly do: 'confirm'; readonly afterMs: number }
  /** Revoke there what is kept here. */
  | { readonly do: 'revoke'; readonly afterMs: number }
  /** Revoke there what is kept nowhere; nobody waits for the answer. */
  | { readonly do: 'giveBack'; readonly token: HandedOut }
  /** Forget what is kept. */
  | { readonly do: 'drop' }

export interface LoginStep {
  readonly login: Login
  readonly effects: readonly LoginEffect[]
}

/** A device code was handed out; times in milliseconds. */
export function beginAsking(intervalMs: number, deadline: number): LoginStep {
  const pace = { interval: intervalMs, pause: intervalMs }
  return { login: { at: 'asking', pace, deadline }, effects: [{ do: 'poll', afterMs: pace.pause }] }
}

/** What the disk has after a start. */
export function resume(kept: { readonly confirmed: boolean; readonly leaving: boolean }): LoginStep {
  if (kept.leaving) return leave()
  const login: Login = { at: 'claimed', confirmed: kept.confirmed, pause: FIRST_PAUSE_MS }
  return { login, effects: kept.confirmed ? [] : [{ do: 'confirm', afterMs: 0 }] }
}

/** Events that mean nothing in a state leave it as it is. */
export function loginStep(login: Login, event: LoginEvent): LoginStep {
  switch (login.at) {
    case 'asking':
      return whileAsking(login, event)
    case 'keeping':
      return whileKeeping(login, event)
    case 'claimed':
      return whileClaimed(login, event)
    case 'leaving':
      return whileLeaving(login, event)
    case 'over':
      // The answer to a question that was under way when it ended.
      return { login, effects: givenBack(event) }
  }
}

function whileAsking(login: Login & { at: 'asking' }, event: LoginEvent): LoginStep {
  if (event.type === 'ended' || event.type === 'dropped') return over('ended')
  if (event.type !== 'polled') return unmoved(login)
  const { polled, now } = event
  if ('token' in polled) {
    return {
      login: { at: 'keeping', token: polled, leaves: false },
      effects: [{ do: 'keep', token: polled }],
    }
  }
  const pace = paceAfter(login.pace, polled)
  if (pace === null) return over(polled.error)
  if (now >= login.deadline) return over('expired_token')
  // Once more at the very end: a yes in the last seconds counts.
  const afterMs = Math.min(pace.pause, login.deadline - now)
  return { login: { ...login, pace }, effects: [{ do: 'poll', afterMs }] }
}

function whileKeeping(login: Login & { at: 'keeping' }, event: LoginEvent): LoginStep {
  switch (event.type) {
    case 'ended':
    case 'dropped':
      return { login: { ...login, leaves: true }, effects: [] }
    case 'kept':
      if (login.leaves) return leave()
      return {
        login: { at: 'claimed', confirmed: false, pause: FIRST_PAUSE_MS },
        effects: [{ do: 'confirm', afterMs: 0 }],
      }
    case 'notKept':
      return { ...over('notKept'), effects: [{ do: 'giveBack', token: login.token }] }
    default:
      return unmoved(login)
  }
}

function whileClaimed(login: Login & { at: 'claimed' }, event: LoginEvent): LoginStep {
  switch (event.type) {
    case 'confirmed':
      return unmoved({ ...login, confirmed: true })
    case 'refused':
      return { ...over('refused'), effects: [{ do: 'drop' }] }
    case 'unanswered':
      if (login.confirmed) return unmoved(login)
      return {
        login: { ...login, pause: Math.min(LONGEST_CONFIRMING_MS, 2 * login.pause) },
        effects: [{ do: 'confirm', afterMs: login.pause }],
      }
    case 'ended':
      return leave()
    case 'dropped':
      return { ...over('ended'), effects: [{ do: 'drop' }] }
    default:
      return unmoved(login)
  }
}

function whileLeaving(login: Login & { at: 'leaving' }, event: LoginEvent): LoginStep {
  switch (event.type) {
    case 'revoked':
    case 'refused':
    case 'dropped':
      return { ...over('ended'), effects: [{ do: 'drop' }] }
    case 'unanswered':
      return {
        login: { at: 'leaving', pause: Math.min(LONGEST_LEAVING_MS, 2 * login.pause) },
        effects: [{ do: 'revoke', afterMs: login.pause }],
      }
    default:
      return unmoved(login)
  }
}

function leave(): LoginStep {
  return { login: { at: 'leaving', pause: FIRST_PAUSE_MS }, effects: [{ do: 'revoke', afterMs: 0 }] }
}

function over(why: string): LoginStep {
  return { login: { at: 'over', why }, effects: [] }
}

function unmoved(login: Login): LoginStep {
  return { login, effects: [] }
}

function givenBack(event: LoginEvent): readonly LoginEffect[] {
  return event.type === 'polled' && 'token' in event.polled ? [{ do: 'giveBack', token: event.polled }] : []
}
