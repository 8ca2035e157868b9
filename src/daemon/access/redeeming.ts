// The client's side of what was approved: what each poll is told, and the one place where a token comes from an approval.
import { TallyError } from '../../contract/errors.ts'
import type { Audit } from '../store/audit.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Caller, HandedOut, OAuthError } from './asking.ts'
import type { Decision } from './decision.ts'
import { type Enrolments, type Open, subjectOf } from './enrolments.ts'

/** The tokens could not be written, and nothing was: the next poll may succeed. */
const AGAIN: readonly string[] = ['stateUnwritable', 'tooMany']

/** `interval` in seconds, with slow_down alone. */
export interface PollError {
  readonly error: OAuthError
  readonly interval?: number
}

export interface RedeemingContext {
  readonly enrolments: Enrolments
  readonly tokens: Pick<Tokens, 'create' | 'claimedBy'>
  readonly record: Audit['record']
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks: () => number
}

export class Redeeming {
  readonly #context: RedeemingContext
  /** Tokens are made one after the other: each sees the claims and the members of those before. */
  #making: Promise<unknown> = Promise.resolve()

  constructor(context: RedeemingContext) {
    this.#context = context
  }

  /** One poll of a client that is allowed. Throws TallyError stateUnwritable or tooMany: the next poll may succeed. */
  async poll(deviceCode: string, clientId: string, caller: Caller): Promise<HandedOut | PollError> {
    const { enrolments, ticks } = this.#context
    const open = enrolments.withDeviceCode(deviceCode)
    if (open === undefined) return this.#refused('invalid_grant', caller, 'unknown device code')
    // Nothing is consumed, and no poll is counted: who began it goes on undisturbed.
    if (open.request.clientId !== clientId) return this.#refused('invalid_grant', caller, 'another client')
    if (open.caller.device !== caller.device) {
      return this.#refused('invalid_grant', caller, 'another certificate')
    }
    for (const effect of enrolments.step(open, { type: 'polled', now: ticks() })) {
      if (effect.type === 'mint') return this.#makeNext(open, effect.decision, caller)
      if (effect.type !== 'answer') continue
      const { error, interval } = effect
      if (interval !== undefined) return { error, interval: interval / 1000 }
      return error === 'authorization_pending' ? { error } : this.#refused(error, caller, reasonOf(error))
    }
    throw new Error('a poll without an answer')
  }

  #makeNext(open: Open, decision: Decision, caller: Caller): Promise<HandedOut | PollError> {
    const made = this.#making.then(() => this.#make(open, decision, caller))
    this.#making = made.catch(() => undefined)
    return made
  }

  /** The one place where a token comes from an approval. */
  async #make(open: Open, decision: Decision, caller: Caller): Promise<HandedOut | PollError> {
    const { enrolments, tokens, record, ticks } = this.#context
    const { member, exists, scopes, identity, label, by, replaces } = decision
    const { device } = open.caller
    const expiresIn = this.#left(decision)
    if (expiresIn !== null && expiresIn <= 0) return this.#failed(open, caller, 'expired_token')
    const claimedBy = device === null ? null : tokens.claimedBy(device)
    if (claimedBy !== null && claimedBy !== member && claimedBy !== replaces) {
      record('claimRefused', subjectOf(open), `by ${by}`)
      return this.#failed(open, caller, 'claimed_by_other')
    }
    const origin = device === null ? 'enrolled' : 'login'
    let minted: Awaited<ReturnType<Tokens['create']>>
    try {
      minted = await tokens.create({
        member,
        exists,
        scopes,
        identity,
        label,
        expiresIn: expiresIn ?? undefined,
        origin,
        device,
        by,
      })
    } catch (error) {
      if (error instanceof TallyError && AGAIN.includes(error.error)) {
        enrolments.step(open, { type: 'notMinted', now: ticks() })
        throw error
      }
      // The member is gone, or somebody else made one of that name; anything else may have happened after it was written.
      const refused = this.#failed(open, caller, 'access_denied')
      if (error instanceof TallyError) return refused
      throw error
    }
    enrolments.step(open, { type: 'minted' })
    const { id, secret } = minted
    record('enrolmentRedeemed', { id, name: member, address: caller.address }, `request ${open.request.id}`)
    if (device !== null && claimedBy !== member) {
      if (claimedBy !== null)
        record('deviceReleased', { id: device, name: claimedBy }, `taken over, by ${by}`)
      record('deviceClaimed', { id: device, name: member, address: caller.address }, `by ${by}`)
    }
    return { token: secret, tokenId: id, member, scopes, expiresIn }
  }

  /** Seconds that are left of what was granted; null where it does not expire. */
  #left({ expiresIn, decidedAt }: Decision): number | null {
    return expiresIn === undefined ? null : expiresIn - Math.floor((this.#context.ticks() - decidedAt) / 1000)
  }

  #failed(open: Open, caller: Caller, answer: OAuthError): PollError {
    this.#context.enrolments.step(open, { type: 'failed', answer })
    return this.#refused(answer, caller, 'what was approved cannot be any more')
  }

  #refused(error: OAuthError, { address, device }: Caller, why: string): PollError {
    this.#context.record('redemptionRefused', { id: device, address }, why)
    return { error }
  }
}

function reasonOf(error: OAuthError): string {
  if (error === 'invalid_grant') return 'used already'
  if (error === 'expired_token') return 'expired'
  return error === 'claimed_by_other' ? 'claimed by another member' : 'denied'
}
