// The one way into access for the rest of the daemon: clients that have no certificate ask, the owner says yes, a token is handed
// out once. docs/access.md has the state machine; RFC 8628 the protocol.

import { TallyError } from '../../contract/errors.ts'
import type { EnrolmentRequest, Granted } from '../../contract/requests.ts'
import { isScope } from '../../contract/scope-words.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Approver, Asked, Begun, Caller, HandedOut, OAuthError, Yes } from './asking.ts'
import { cleanText, type Decision, decide } from './decision.ts'
import { Enrolments, type EnrolmentsContext, type Open, subjectOf } from './enrolments.ts'
import { readUserCode } from './user-code.ts'
import { WrongCodes } from './wrong-codes.ts'

export type { Approver, Asked, Begun, Caller, HandedOut, OAuthError, Yes } from './asking.ts'

export interface Access {
  /** Throws nothing; an error where the client is not allowed, or what it asks for is not known. */
  begin(
    asked: Asked,
    caller: Caller,
  ): Begun | { readonly error: OAuthError } | { readonly retryAfter: number }
  /** One poll. The token is made in here, so that who never fetches it never had one. Throws TallyError stateUnwritable. */
  redeem(
    deviceCode: string,
    clientId: string,
    caller: Caller,
  ): Promise<HandedOut | { readonly error: OAuthError; readonly interval?: number }>
  /**
   * Throws TallyError noSuchCode, codesPaused, noSuchMember, memberExists, scopeTooWide, selfApproval, claimedByOther or
   * invalidParams.
   */
  approve(yes: Yes, approver: Approver): { readonly approved: EnrolmentRequest; readonly granted: Granted }
  /** Throws TallyError noSuchCode or codesPaused. */
  deny(code: string, approver: Approver): EnrolmentRequest
  /** Throws TallyError linkUsed, linkExpired or noSuchRequest. */
  open(link: string): EnrolmentRequest
  stop(): void
}

/** The client that is always allowed: ours. */
const OWN_CLIENT = 'tallyctl'
/** What a client calls itself is cut here. */
const LABEL_CAP = 64
/** The tokens could not be written, and nothing was: the next poll may succeed. */
const AGAIN: readonly string[] = ['stateUnwritable', 'tooMany']

export interface AccessContext {
  readonly tokens: Pick<Tokens, 'create' | 'claimedBy' | 'members' | 'list'>
  readonly requests: Pick<Requests, 'add'>
  readonly record: Audit['record']
  /** OAuth client ids that are allowed beside tallyctl. */
  readonly clients: readonly string[]
  /** Unix milliseconds; only for times that are shown. */
  readonly now: () => number
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks?: () => number
  readonly wake?: EnrolmentsContext['wake']
}

export function createAccess(context: AccessContext): Access {
  return new Enrolling(context)
}

class Enrolling implements Access {
  readonly #context: AccessContext
  readonly #ticks: () => number
  readonly #enrolments: Enrolments
  readonly #wrongCodes: WrongCodes
  /** Tokens are made one after the other: each sees the claims and the members of those before. */
  #making: Promise<unknown> = Promise.resolve()

  constructor(context: AccessContext) {
    const { requests, record, now, ticks = () => performance.now(), wake = wakeLater } = context
    this.#context = context
    this.#ticks = ticks
    this.#enrolments = new Enrolments({ requests, record, now, ticks, wake })
    this.#wrongCodes = new WrongCodes(ticks)
  }

  begin(asked: Asked, caller: Caller): ReturnType<Access['begin']> {
    const { clientId, takeover } = asked
    if (!this.#isClient(clientId)) return { error: 'invalid_client' }
    if (!asked.scopes.every(isScope)) return { error: 'invalid_scope' }
    const scopes = asked.scopes.length === 0 ? (['usage:read'] as const) : [...new Set(asked.scopes)]
    const label = cleanText(asked.label.slice(0, LABEL_CAP)) || clientId
    const claimedBy = caller.device === null ? null : this.#context.tokens.claimedBy(caller.device)
    return this.#enrolments.begin({ clientId, scopes, label, takeover, claimedBy }, caller)
  }

  async redeem(deviceCode: string, clientId: string, caller: Caller): ReturnType<Access['redeem']> {
    if (!this.#isClient(clientId)) return { error: 'invalid_client' }
    const open = this.#enrolments.withDeviceCode(deviceCode)
    if (open === undefined) return this.#refused('invalid_grant', caller, 'unknown device code')
    // Nothing is consumed, and no poll is counted: who began it goes on undisturbed.
    if (open.request.clientId !== clientId) return this.#refused('invalid_grant', caller, 'another client')
    if (open.caller.device !== caller.device) {
      return this.#refused('invalid_grant', caller, 'another certificate')
    }
    for (const effect of this.#enrolments.step(open, { type: 'polled', now: this.#ticks() })) {
      if (effect.type === 'mint') return this.#makeNext(open, effect.decision, caller)
      if (effect.type !== 'answer') continue
      const { error, interval } = effect
      if (interval !== undefined) return { error, interval: interval / 1000 }
      return error === 'authorization_pending' ? { error } : this.#refused(error, caller, reasonOf(error))
    }
    throw new Error('a poll without an answer')
  }

  approve(yes: Yes, approver: Approver): ReturnType<Access['approve']> {
    const open = this.#withUserCode(yes.code, approver)
    const decision = this.#decide(open, yes, approver)
    this.#enrolments.step(open, { type: 'approved', now: this.#ticks(), decision })
    const { member, scopes, label, expiresIn, by } = decision
    const { id, address } = subjectOf(open)
    this.#context.record('enrolmentApproved', { id, name: member, address }, `${scopes.join(' ')}, by ${by}`)
    const expiresAt =
      expiresIn === undefined ? null : new Date(this.#context.now() + expiresIn * 1000).toISOString()
    return { approved: open.request, granted: { member, scopes: [...scopes], label, expiresAt } }
  }

  deny(code: string, approver: Approver): EnrolmentRequest {
    const open = this.#withUserCode(code, approver)
    this.#enrolments.step(open, { type: 'denied', now: this.#ticks(), answer: 'access_denied' })
    this.#context.record('enrolmentDenied', subjectOf(open), `by ${approver.by}`)
    return open.request
  }

  open(link: string): EnrolmentRequest {
    const open = this.#enrolments.withLink(link)
    if (open === undefined) throw new TallyError('noSuchRequest')
    const [effect] = this.#enrolments.step(open, { type: 'opened', now: this.#ticks() })
    const is = effect?.type === 'link' ? effect.is : 'gone'
    this.#context.record('linkOpened', subjectOf(open), is)
    if (is === 'used') throw new TallyError('linkUsed')
    if (is === 'expired') throw new TallyError('linkExpired')
    if (is === 'gone') throw new TallyError('noSuchRequest', 'it was answered already')
    return open.request
  }

  stop(): void {
    this.#enrolments.stop()
  }

  /** Counts before it looks: whoever guesses is told the same in the same time. */
  #withUserCode(typed: string, { by, address }: Approver): Open {
    this.#wrongCodes.requireNoPause(address)
    const code = readUserCode(typed)
    const open = code === null ? undefined : this.#enrolments.withUserCode(code)
    if (open !== undefined) {
      this.#wrongCodes.forget(address)
      return open
    }
    this.#wrongCodes.count(address)
    this.#context.record('wrongUserCode', { address }, `by ${by}`)
    throw new TallyError('noSuchCode')
  }

  #decide(open: Open, yes: Yes, approver: Approver): Decision {
    const { tokens, record } = this.#context
    const { request } = open
    const promised = this.#enrolments.live().flatMap(({ machine: { stage } }) => {
      const decision = 'decision' in stage ? stage.decision : null
      return decision?.exists === 'new' ? decision.member : []
    })
    try {
      return decide({ yes, approver, request, tokens, promised, ticks: this.#ticks() })
    } catch (error) {
      if (isTallyError(error, ['claimedByOther'])) {
        record('claimRefused', subjectOf(open), `by ${approver.by}`)
        // Whoever asked hears it, and can ask again with takeover; one that did waits for the owner.
        if (!request.takeover) {
          this.#enrolments.step(open, { type: 'denied', now: this.#ticks(), answer: 'claimed_by_other' })
        }
      }
      throw error
    }
  }

  #makeNext(open: Open, decision: Decision, caller: Caller): ReturnType<Access['redeem']> {
    const made = this.#making.then(() => this.#make(open, decision, caller))
    this.#making = made.catch(() => undefined)
    return made
  }

  /** The one place where a token comes from an approval. */
  async #make(open: Open, decision: Decision, caller: Caller): ReturnType<Access['redeem']> {
    const { tokens, record } = this.#context
    const { member, exists, scopes, label, by, replaces } = decision
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
        label,
        expiresIn: expiresIn ?? undefined,
        origin,
        device,
        by,
      })
    } catch (error) {
      if (isTallyError(error, AGAIN)) {
        this.#enrolments.step(open, { type: 'notMinted', now: this.#ticks() })
        throw error
      }
      // The member is gone, or somebody else made one of that name; anything else may have happened after it was written.
      const refused = this.#failed(open, caller, 'access_denied')
      if (error instanceof TallyError) return refused
      throw error
    }
    this.#enrolments.step(open, { type: 'minted' })
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
    return expiresIn === undefined ? null : expiresIn - Math.floor((this.#ticks() - decidedAt) / 1000)
  }

  #failed(open: Open, caller: Caller, answer: OAuthError): { readonly error: OAuthError } {
    this.#enrolments.step(open, { type: 'failed', answer })
    return this.#refused(answer, caller, 'what was approved cannot be any more')
  }

  #refused(error: OAuthError, { address, device }: Caller, why: string): { readonly error: OAuthError } {
    this.#context.record('redemptionRefused', { id: device, address }, why)
    return { error }
  }

  #isClient(clientId: string): boolean {
    return clientId === OWN_CLIENT || this.#context.clients.includes(clientId)
  }
}

function reasonOf(error: OAuthError): string {
  if (error === 'invalid_grant') return 'used already'
  if (error === 'expired_token') return 'expired'
  return error === 'claimed_by_other' ? 'claimed by another member' : 'denied'
}

function isTallyError(error: unknown, names: readonly string[]): boolean {
  return error instanceof TallyError && names.includes(error.error)
}

function wakeLater(ms: number, woken: () => void): () => void {
  const timer = setTimeout(woken, ms).unref()
  return () => clearTimeout(timer)
}
