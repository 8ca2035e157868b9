// One login as it lives here: its machine, and what carries out what the machine asks for.
import type { Begun, HandedOut } from '../../contract/device-grant.ts'
import { ERRORS, TallyError } from '../../contract/errors.ts'
import type { LoginRow } from '../../contract/logins.ts'
import {
  type Answer,
  type Ask,
  askForToken,
  callThere,
  giveBack,
  type Issuer,
  problemOf,
  type Wish,
} from './issuer.ts'
import { type Login, type LoginEffect, type LoginEvent, type LoginStep, loginStep } from './login.ts'
import type { Shelf } from './shelf.ts'

/** What a login needs of those around it. */
export interface LiveContext {
  readonly ask: Ask
  readonly shelf: Shelf
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks: () => number
  /** Calls once after so many milliseconds; returns how to call it off. */
  readonly wake: (ms: number, woken: () => void) => () => void
  readonly changed: () => void
  /** Its token is on the disk. */
  readonly onKept: (live: LiveLogin, member: string | null) => void
  /** It is over: nothing of it is on the disk, and it is asked for no more. `why` as the machine has it. */
  readonly onOver: (live: LiveLogin, why: string) => void
}

export interface Known extends Issuer {
  readonly id: string
  readonly url: string
  readonly wish: Wish
  /** RFC 3339. */
  readonly since: string
}

export class LiveLogin {
  readonly known: Known
  readonly #context: LiveContext
  readonly #code: LoginRow['code']
  /** Secret; null once there is a token. */
  #deviceCode: string | null
  #machine: Login
  #problem: LoginRow['problem'] = null
  #callOff: () => void = () => undefined
  #wasKept: boolean

  /** `begun` is what was given to show, at that moment in Unix milliseconds; null for one that the disk had. */
  constructor(
    context: LiveContext,
    known: Known,
    { login, effects }: LoginStep,
    begun: Begun | null,
    at = 0,
  ) {
    this.#context = context
    this.known = known
    this.#deviceCode = begun?.deviceCode ?? null
    this.#code = begun === null ? null : codeOf(begun, known.url, at)
    this.#machine = login
    this.#wasKept = begun === null
    for (const effect of effects) this.#carryOut(effect)
  }

  /** Whether its token was on the disk. */
  get wasKept(): boolean {
    return this.#wasKept
  }

  get at(): Login['at'] {
    return this.#machine.at
  }

  hear(event: LoginEvent): void {
    const was = this.#machine.at
    const { login, effects }: LoginStep = loginStep(this.#machine, event)
    this.#machine = login
    if (login.at !== was) this.#callOff()
    for (const effect of effects) this.#carryOut(effect)
    const isDropping = effects.some((effect) => effect.do === 'drop')
    if (login.at === 'over' && was !== 'over' && !isDropping) this.#over(login.why)
    this.#context.changed()
  }

  /** Gives it back now instead of later. */
  hurry(): void {
    if (this.#machine.at === 'leaving') this.#later(0, () => this.#revoke())
  }

  /** Nothing is asked any more. */
  stop(): void {
    this.#callOff()
  }

  /** Throws TallyError notLoggedIn, unauthorized, unreachable, notTallyd or tooMany. */
  async call(call: { readonly method: string; readonly params?: unknown }): Promise<Answer> {
    const stored = this.#context.shelf.get(this.known.id)
    if (stored === undefined) throw new TallyError('notLoggedIn')
    try {
      const answer = await callThere(this.#context.ask, stored, stored.token, call)
      this.#confirmed()
      return answer
    } catch (error) {
      if (isRefusal(error)) this.hear({ type: 'refused' })
      throw error
    }
  }

  row(): LoginRow {
    const { id, url, device, address, wish, since } = this.known
    const stored = this.#context.shelf.get(id)
    const state = STATES[this.#machine.at]
    return {
      id,
      url,
      state,
      device,
      address,
      label: wish.label,
      scopes: [...(stored?.scopes ?? wish.scopes)],
      member: stored?.member ?? null,
      tokenId: stored?.tokenId ?? null,
      since,
      code: state === 'asking' ? this.#code : null,
      problem: this.#problem,
    }
  }

  #carryOut(effect: LoginEffect): void {
    switch (effect.do) {
      case 'poll':
        this.#later(effect.afterMs, () => this.#poll())
        break
      case 'confirm':
        this.#later(effect.afterMs, () => this.#confirm())
        break
      case 'revoke':
        this.#later(effect.afterMs, () => this.#revoke())
        break
      case 'keep':
        void this.#keep(effect.token)
        break
      case 'giveBack':
        void giveBack(this.#context.ask, this.known, effect.token.token)
        break
      case 'drop':
        void this.#drop()
        break
    }
  }

  #later(ms: number, act: () => Promise<void>): void {
    this.#callOff()
    this.#callOff = this.#context.wake(ms, () => void act())
  }

  async #poll(): Promise<void> {
    const polled = await askForToken(this.#context.ask, this.known, this.#deviceCode ?? '')
    // A silent other side is no failure as long as the code is good.
    const isSilent = 'error' in polled && polled.error === 'temporarily_unavailable'
    this.#problem = isSilent ? { code: 'unreachable', says: 'no answer, trying again' } : null
    this.hear({ type: 'polled', polled, now: this.#context.ticks() })
  }

  async #keep({ token, member, scopes, tokenId }: HandedOut): Promise<void> {
    const { wish, ...known } = this.known
    const { label } = wish
    const kept = { ...known, label, scopes, member, tokenId, token, confirmed: false, leaving: false }
    try {
      await this.#context.shelf.add(kept)
    } catch {
      this.#problem = {
        code: 'stateUnwritable',
        says: 'the token could not be saved, and was given back',
      }
      this.hear({ type: 'notKept' })
      return
    }
    this.#deviceCode = null
    this.#wasKept = true
    this.#context.onKept(this, member)
    this.hear({ type: 'kept' })
    // Logged out while it was written: that has to outlive a restart too. Where the disk refuses, it is given back until then.
    if (this.#machine.at === 'leaving')
      await this.#context.shelf.leave([this.known.id]).catch(() => undefined)
  }

  async #confirm(): Promise<void> {
    try {
      await this.call({ method: 'access.whoami', params: {} })
      this.#problem = null
    } catch (error) {
      if (isRefusal(error)) return
      this.#problem = problemOf(error)
      this.hear({ type: 'unanswered' })
    }
  }

  #confirmed(): void {
    if (this.#machine.at !== 'claimed' || this.#machine.confirmed) return
    this.hear({ type: 'confirmed' })
    // Where the disk refuses, it is used once more after the next start.
    this.#context.shelf.confirm(this.known.id).catch(() => undefined)
  }

  async #revoke(): Promise<void> {
    const stored = this.#context.shelf.get(this.known.id)
    const why = stored === undefined ? null : await giveBack(this.#context.ask, stored, stored.token)
    this.#problem = why
    this.hear({ type: why === null ? 'revoked' : 'unanswered' })
  }

  async #drop(): Promise<void> {
    // Where the disk refuses, the next start finds a token that is not taken any more, and tries again.
    await this.#context.shelf.drop(this.known.id).catch(() => undefined)
    this.#over(this.#machine.at === 'over' ? this.#machine.why : 'ended')
  }

  #over(why: string): void {
    this.#deviceCode = null
    this.#problem ??= { code: why, says: SAYS[why] ?? `the request was refused (${why})` }
    this.#context.onOver(this, why)
    this.#context.changed()
  }
}

const STATES: Readonly<Record<Login['at'], LoginRow['state']>> = {
  asking: 'asking',
  keeping: 'asking',
  claimed: 'claimed',
  leaving: 'leaving',
  over: 'failed',
}

/** RFC 8628 §3.5 and ours, in words. */
const SAYS: Readonly<Record<string, string>> = {
  access_denied: 'the request was denied',
  expired_token: 'nobody said yes in time',
  invalid_grant:
    'the request is not known there any more: tallyd was restarted, or its token was handed out already',
  claimed_by_other: ERRORS.claimedByOther.says,
  unusable_token: 'what was handed out cannot be used',
}

function codeOf({ userCode, expiresInMs }: Begun, url: string, at: number): LoginRow['code'] {
  return {
    userCode,
    // Its own page, whatever it says: the address is the one that was trusted.
    verificationUri: `${url}/approve`,
    expiresAt: new Date(at + expiresInMs).toISOString(),
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof TallyError && error.error === 'unauthorized'
}
