// The one way into access for the rest of the daemon: clients that have no certificate ask, the owner says yes, a token is handed
// out once. docs/access.md has the state machine; RFC 8628 the protocol.

import { TallyError } from '../../contract/errors.ts'
import { USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import type { EnrolmentRequest, Granted } from '../../contract/requests.ts'
import { isScope } from '../../contract/scope-words.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Approver, Asked, Begun, Caller, HandedOut, OAuthError, Yes } from './asking.ts'
import { cleanText, type Decision, decide } from './decision.ts'
import { Enrolments, type EnrolmentsContext, type Open, subjectOf } from './enrolments.ts'
import { Redeeming } from './redeeming.ts'
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
  deny(no: No, approver: Approver): EnrolmentRequest
  /** Throws TallyError linkUsed, linkExpired or noSuchRequest. */
  open(link: string): EnrolmentRequest
  stop(): void
}

/** Which enrolment is refused, as in `Yes`. */
type No = Pick<Yes, 'code' | 'id'>

/** The client that is always allowed: ours. */
const OWN_CLIENT = 'tallyctl'
/** What a client calls itself is cut here. */
const LABEL_CAP = 64
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
  readonly #redeeming: Redeeming

  constructor(context: AccessContext) {
    const { tokens, requests, record, now, ticks = () => performance.now(), wake = wakeLater } = context
    this.#context = context
    this.#ticks = ticks
    this.#enrolments = new Enrolments({ requests, record, now, ticks, wake })
    this.#redeeming = new Redeeming({ enrolments: this.#enrolments, tokens, record, ticks })
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

  redeem(deviceCode: string, clientId: string, caller: Caller): ReturnType<Access['redeem']> {
    if (!this.#isClient(clientId)) return Promise.resolve({ error: 'invalid_client' })
    return this.#redeeming.poll(deviceCode, clientId, caller)
  }

  approve(yes: Yes, approver: Approver): ReturnType<Access['approve']> {
    const open = this.#withUserCode(yes, approver)
    const decision = this.#decide(open, yes, approver)
    this.#enrolments.step(open, { type: 'approved', now: this.#ticks(), decision })
    this.#wrongCodes.forget(approver.address)
    const { member, scopes, label, identity, expiresIn, by } = decision
    const { id, address } = subjectOf(open)
    const may = `${scopes.join(' ')}${identity === USUAL_IDENTITY ? '' : `, identity ${identity}`}`
    this.#context.record('enrolmentApproved', { id, name: member, address }, `${may}, by ${by}`)
    const expiresAt =
      expiresIn === undefined ? null : new Date(this.#context.now() + expiresIn * 1000).toISOString()
    return { approved: open.request, granted: { member, scopes: [...scopes], label, identity, expiresAt } }
  }

  deny(no: No, approver: Approver): EnrolmentRequest {
    const open = this.#withUserCode(no, approver)
    this.#enrolments.step(open, { type: 'denied', now: this.#ticks(), answer: 'access_denied' })
    this.#wrongCodes.forget(approver.address)
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

  /** Whatever is not the code of one that waits is told the same, and counted. */
  #withUserCode({ code: typed, id }: No, { by, address }: Approver): Open {
    this.#wrongCodes.requireNoPause(address)
    const code = readUserCode(typed)
    const open = code === null ? undefined : this.#enrolments.withUserCode(code)
    // The code of another request than the one that was looked at is not a code of that one.
    if (open !== undefined && (id === undefined || open.request.id === id)) return open
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
      if (error instanceof TallyError && error.error === 'claimedByOther') {
        record('claimRefused', subjectOf(open), `by ${approver.by}`)
        // Whoever asked hears it, and can ask again with takeover; one that did waits for the owner.
        if (!request.takeover) {
          this.#enrolments.step(open, { type: 'denied', now: this.#ticks(), answer: 'claimed_by_other' })
        }
      }
      throw error
    }
  }

  #isClient(clientId: string): boolean {
    return clientId === OWN_CLIENT || this.#context.clients.includes(clientId)
  }
}

function wakeLater(ms: number, woken: () => void): () => void {
  const timer = setTimeout(woken, ms).unref()
  return () => clearTimeout(timer)
}
