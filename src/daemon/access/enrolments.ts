// The enrolments that are open, and for a while those that ended, so that a client that comes late hears why. In memory only:
// a restart ends them all. Of device codes, user codes and links there are only hashes.
import { randomBytes } from 'node:crypto'
import type { EnrolmentRequest } from '../../contract/requests.ts'
import { sourceOf } from '../../contract/source.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import { hashOf } from '../tokens/token.ts'
import type { Asked, Begun, Caller } from './asking.ts'
import type { Decision } from './decision.ts'
import {
  beginEnrolment,
  ENROLMENT_LIVES_MS,
  type Enrolment,
  type EnrolmentEffect,
  type EnrolmentEvent,
  enrolmentStep,
  INTERVAL_MS,
  isLive,
} from './enrolment.ts'
import { Newcomers } from './newcomers.ts'
import { newUserCode } from './user-code.ts'

/** Open at once: in all, so that pairing finds room among the requests, and of one address. */
export const OPEN_CAP = 40
export const OPEN_OF_ONE_CAP = 5
/** An enrolment that ended is remembered for so long, in milliseconds, and at most so many of them. */
export const REMEMBERED_MS = 3_600_000
export const ENDED_CAP = 200

export interface EnrolmentsContext {
  readonly requests: Pick<Requests, 'add'>
  readonly record: Audit['record']
  /** Unix milliseconds; only for times that are shown. */
  readonly now: () => number
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks: () => number
  /** Calls once after so many milliseconds; returns how to call it off. */
  readonly wake: (ms: number, woken: () => void) => () => void
}

/** One of them. */
export interface Open {
  readonly device: string
  readonly code: string
  readonly link: string
  readonly caller: Caller
  readonly request: EnrolmentRequest
  readonly unlist: () => void
  machine: Enrolment<Decision>
  /** Null while it can still become a token. */
  endedAt: number | null
}

export class Enrolments {
  readonly #context: EnrolmentsContext
  readonly #newcomers: Newcomers
  /** By the hash of the device code, oldest first. */
  readonly #all = new Map<string, Open>()
  /** By the hash of the user code: those that wait for a yes. */
  readonly #byCode = new Map<string, Open>()
  readonly #byLink = new Map<string, Open>()
  #callOff: () => void = () => undefined

  constructor(context: EnrolmentsContext) {
    this.#context = context
    this.#newcomers = new Newcomers(context.ticks)
  }

  stop(): void {
    this.#callOff()
    for (const { unlist } of this.#all.values()) unlist()
    for (const each of [this.#all, this.#byCode, this.#byLink]) each.clear()
  }

  /** Seconds to wait where there are too many already. */
  begin(
    asked: Asked & { readonly claimedBy: string | null },
    caller: Caller,
  ): Begun | { readonly retryAfter: number } {
    this.#pass()
    this.#supersede(asked.clientId, caller)
    const wait = this.#wait(caller.address)
    if (wait > 0) return { retryAfter: Math.ceil(wait / 1000) }
    const [deviceCode, link, userCode] = [newSecret(), newSecret(), this.#newUserCode()]
    const open = this.#add(asked, caller, { device: hashOf(deviceCode), link: hashOf(link), userCode })
    if (open === null) return { retryAfter: ENROLMENT_LIVES_MS / 1000 }
    this.#newcomers.count(caller.address)
    this.#arm()
    const { clientId, scopes } = asked
    this.#context.record('enrolmentAsked', subjectOf(open), `${clientId} wants ${scopes.join(' ')}`)
    return {
      deviceCode,
      userCode,
      link,
      expiresIn: ENROLMENT_LIVES_MS / 1000,
      interval: INTERVAL_MS / 1000,
    }
  }

  /** Who asks with the same certificate once more has given up what it asked for before, also where somebody said yes to it. */
  #supersede(clientId: string, { device }: Caller): void {
    if (device === null) return
    for (const open of this.live()) {
      if (open.caller.device !== device || open.request.clientId !== clientId) continue
      this.step(open, { type: 'superseded', now: this.#context.ticks() })
      if (!isLive(open.machine)) {
        this.#context.record('enrolmentExpired', subjectOf(open), 'the device asked anew')
      }
    }
  }

  /** With this device code; undefined where there is none, or none any more. */
  withDeviceCode(deviceCode: string): Open | undefined {
    this.#pass()
    return isSecret(deviceCode) ? this.#all.get(hashOf(deviceCode)) : undefined
  }

  /** With this user code, as `XXXX-XXXX`, if it still waits for a yes. Looked up by its hash: the time tells nothing of others. */
  withUserCode(userCode: string): Open | undefined {
    this.#pass()
    return this.#byCode.get(hashOf(userCode))
  }

  withLink(link: string): Open | undefined {
    this.#pass()
    return isSecret(link) ? this.#byLink.get(hashOf(link)) : undefined
  }

  /** Every one that can still become a token. */
  live(): Open[] {
    return [...this.#all.values()].filter(({ machine }) => isLive(machine))
  }

  /** Steps the machine; returns what is left for the caller to do. */
  step(open: Open, event: EnrolmentEvent<Decision>): EnrolmentEffect<Decision>[] {
    const { state, effects } = enrolmentStep(open.machine, event)
    open.machine = state
    if (!isLive(state)) open.endedAt ??= this.#context.ticks()
    return effects.filter(({ type }) => {
      if (type === 'unlist') this.#unlist(open)
      else if (type === 'lapsed') this.#context.record('enrolmentExpired', subjectOf(open))
      return type !== 'unlist' && type !== 'lapsed'
    })
  }

  #add(
    asked: Asked & { readonly claimedBy: string | null },
    caller: Caller,
    { device, link, userCode }: { device: string; link: string; userCode: string },
  ): Open | null {
    const { requests, now, ticks, record } = this.#context
    const unnumbered = {
      kind: 'enrolment' as const,
      from: { id: caller.device, name: asked.label, address: caller.address },
      clientId: asked.clientId,
      scopes: [...asked.scopes],
      claimedBy: asked.claimedBy,
      takeover: asked.takeover,
      openedAt: new Date(now()).toISOString(),
      expiresAt: new Date(now() + ENROLMENT_LIVES_MS).toISOString(),
    }
    const listed = requests.add(unnumbered, {
      // The list refuses it before: an enrolment is approved by its code alone.
      approve: () => undefined,
      deny: (by) => {
        this.step(open, { type: 'denied', now: ticks(), answer: 'access_denied' })
        record('enrolmentDenied', subjectOf(open), `by ${by}`)
      },
    })
    if (listed === null) return null
    const open: Open = {
      device,
      link,
      code: hashOf(userCode),
      caller,
      request: { id: listed.id, ...unnumbered },
      unlist: listed.remove,
      machine: beginEnrolment(ticks()),
      endedAt: null,
    }
    this.#all.set(open.device, open)
    this.#byCode.set(open.code, open)
    this.#byLink.set(open.link, open)
    return open
  }

  /** Until one more may be begun from there, in milliseconds; 0 for now. */
  #wait(address: string): number {
    const live = this.live()
    const source = sourceOf(address)
    const ofOne = live.filter(({ caller }) => sourceOf(caller.address) === source)
    const untilOneEnds = (among: readonly Open[]) => among[0]!.machine.expiresAt - this.#context.ticks()
    return Math.max(
      this.#newcomers.waits(address),
      ofOne.length < OPEN_OF_ONE_CAP ? 0 : Math.max(1, untilOneEnds(ofOne)),
      live.length < OPEN_CAP ? 0 : Math.max(1, untilOneEnds(live)),
    )
  }

  #newUserCode(): string {
    for (;;) {
      const code = newUserCode()
      if (!this.#byCode.has(hashOf(code))) return code
    }
  }

  #unlist(open: Open): void {
    this.#byCode.delete(open.code)
    open.unlist()
  }

  /** Ends what is over and forgets what ended long ago. */
  #pass(): void {
    const now = this.#context.ticks()
    for (const open of this.#all.values()) this.step(open, { type: 'passed', now })
    const ended = [...this.#all.values()].filter(({ endedAt }) => endedAt !== null)
    const tooMany = Math.max(0, ended.length - ENDED_CAP)
    for (const [index, open] of ended.entries()) {
      if (index >= tooMany && now - open.endedAt! < REMEMBERED_MS) continue
      this.#all.delete(open.device)
      this.#byLink.delete(open.link)
    }
  }

  /** One timer for all: at the next moment at which something ends or is forgotten. */
  #arm(): void {
    this.#callOff()
    this.#callOff = () => undefined
    const moments = [...this.#all.values()].map(({ endedAt, machine }) =>
      endedAt === null ? machine.expiresAt : endedAt + REMEMBERED_MS,
    )
    if (moments.length === 0) return
    const ms = Math.max(1_000, Math.min(...moments) - this.#context.ticks())
    this.#callOff = this.#context.wake(ms, () => {
      this.#pass()
      this.#arm()
    })
  }
}

/** Whom the audit log names. */
export function subjectOf({ request }: Open): { id: string | null; name: string; address: string } {
  return request.from
}

/** 43 characters of base64url. */
function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

function isSecret(text: string): boolean {
  return text.length === 43 && /^[A-Za-z0-9_-]+$/.test(text)
}
