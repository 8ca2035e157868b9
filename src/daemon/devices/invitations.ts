// The side that shows a code: one open invitation, its attempts, and what became of it.
import { randomInt } from 'node:crypto'
import type { AuditKind } from '../../contract/audit-words.ts'
import type { CeremonyFailure } from '../../contract/ceremony.ts'
import type { Direction, Paired, Invitation as Shown } from '../../contract/pairing.ts'
import {
  ATTEMPT_LIVES_MS,
  type Attempt,
  closedBecause,
  countAttempt,
  endAttempt,
  INVITATION_LIVES_MS,
  type Invitation,
  isLive,
  openInvitation,
  redeem,
} from '../ceremony/invitation.ts'
import { CeremonyEnded, verifyCode } from './ceremonies.ts'
import { type CeremonyHost, subjectOf } from './ceremony-host.ts'
import type { CeremonyLine } from './ceremony-line.ts'
import type { Invited } from './devices.ts'
import type { Peer } from './tls.ts'

/** Addresses of wrong codes that are kept, to be shown. */
const WRONG_FROM_CAP = 10

const ENDINGS: Readonly<Partial<Record<Shown['state'], AuditKind>>> = {
  expired: 'invitationExpired',
  burnt: 'invitationBurnt',
  cancelled: 'invitationCancelled',
}

interface Open {
  readonly id: string
  readonly wish: Direction
  readonly expiresAt: string
  invitation: Invitation
  state: Shown['state']
  /** Attempts that are over and did not have the code. */
  failed: number
  readonly wrongFrom: Set<string>
  paired: Paired | null
  readonly timer: NodeJS.Timeout
  /** The line of the attempt that is in flight, to be ended with the invitation. */
  line: CeremonyLine | null
}

export class Invitations {
  readonly #host: CeremonyHost
  #open: Open | null = null

  constructor(host: CeremonyHost) {
    this.#host = host
  }

  /** The open invitation or the one before, never with its code. */
  show(): Shown | null {
    if (this.#open === null) return null
    const { id, state, expiresAt, invitation, failed, wrongFrom, paired } = this.#open
    const { attemptsLeft } = invitation
    return { id, state, expiresAt, attemptsLeft, failed, wrongFrom: [...wrongFrom], paired }
  }

  /** A new code, in place of the one before. */
  open(wish: Direction): Omit<Invited, 'port' | 'addresses'> {
    this.cancel()
    const invitation = openInvitation(randomInt(1_000_000), performance.now())
    const expiresAt = new Date(this.#host.now() + INVITATION_LIVES_MS).toISOString()
    const timer = setTimeout(() => this.#expire(), INVITATION_LIVES_MS).unref()
    const id = String(randomInt(2 ** 47))
    const fresh = {
      state: 'waiting',
      failed: 0,
      wrongFrom: new Set<string>(),
      paired: null,
      line: null,
    } as const
    this.#open = { id, wish, expiresAt, invitation, timer, ...fresh }
    this.#host.record('invited', {}, wish)
    this.#host.changed()
    return { id, code: invitation.code, expiresAt }
  }

  /** Whether there was an open invitation. One whose code was proven is open no more: that pairing goes on to its end. */
  cancel(): boolean {
    const open = this.#open
    if (open?.state !== 'waiting' || open.invitation.used) return false
    open.line?.close()
    this.#close(open, 'cancelled')
    return true
  }

  /** Somebody types the code. Never throws. */
  async answer(peer: Peer, line: CeremonyLine): Promise<void> {
    const open = this.#open
    let attempt: Attempt | null = null
    try {
      const deadline = performance.now() + ATTEMPT_LIVES_MS
      const { flow } = await verifyCode(
        line,
        this.#host.channel(peer),
        open?.wish ?? 'mutual',
        deadline,
        () => {
          const counted = this.#count(open, line)
          if ('why' in counted) return counted
          attempt = counted.attempt
          this.#host.record('attemptCounted', subjectOf(peer))
          return counted.code
        },
      )
      if (open === null || attempt === null || !this.#redeem(open, attempt)) return
      open.paired = await this.#host.settle(line, flow, peer, { host: peer.host, port: null })
      this.#close(open, 'paired')
    } catch (error) {
      const why = error instanceof CeremonyEnded ? error.why : 'failed'
      this.#host.record(why === 'wrongCode' ? 'wrongCode' : 'pairingFailed', subjectOf(peer), why)
      if (open !== null && attempt !== null) this.#failed(open, attempt, peer)
    }
  }

  /** Counts before anything is answered: the answer tells a guesser whether the guess was right. */
  #count(
    open: Open | null,
    line: CeremonyLine,
  ): { code: string; attempt: Attempt } | { why: CeremonyFailure } {
    if (open === null || open !== this.#open || open.state !== 'waiting') return { why: 'noInvitation' }
    const counted = countAttempt(open.invitation, performance.now())
    if (typeof counted === 'string') return { why: counted === 'busy' ? 'busy' : 'noInvitation' }
    open.invitation = counted.invitation
    open.line = line
    this.#host.changed()
    return { code: open.invitation.code, attempt: counted.attempt }
  }

  #redeem(open: Open, attempt: Attempt): boolean {
    const redeemed = open === this.#open ? redeem(open.invitation, attempt, performance.now()) : null
    if (redeemed === null) return false
    open.invitation = redeemed
    return true
  }

  #failed(open: Open, attempt: Attempt, peer: Peer): void {
    open.invitation = endAttempt(open.invitation, attempt)
    open.line = null
    // Whoever hung up after our answer knows as well as one who failed whether the guess was right.
    const isWrong = !open.invitation.used
    if (isWrong) open.failed++
    if (isWrong && open.wrongFrom.size < WRONG_FROM_CAP) open.wrongFrom.add(peer.host)
    const isOver = open.invitation.used || closedBecause(open.invitation, performance.now()) === 'spent'
    if (isOver && open.state === 'waiting') this.#close(open, 'burnt')
    else this.#host.changed()
  }

  /** An attempt that is in flight may still end well after the code has expired. */
  #expire(): void {
    const open = this.#open
    if (open?.state !== 'waiting') return
    if (isLive(open.invitation, performance.now())) setTimeout(() => this.#expire(), ATTEMPT_LIVES_MS).unref()
    else this.#close(open, 'expired')
  }

  #close(open: Open, state: Shown['state']): void {
    clearTimeout(open.timer)
    open.state = state
    open.line = null
    const ending = ENDINGS[state]
    if (ending !== undefined) this.#host.record(ending)
    this.#host.changed()
  }
}
