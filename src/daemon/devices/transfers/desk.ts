// The sender's side on the network: what is offered now, to whom, and who came for it. By code anybody may try, three times in all; a
// paired device is known by its certificate and token. What is sent is not known here.
import { randomInt } from 'node:crypto'
import { CEREMONY_VERSION } from '../../../contract/ceremony-words.ts'
import {
  ATTEMPT_LIVES_MS,
  type Attempt,
  closedBecause,
  countAttempt,
  endAttempt,
  type Invitation,
  openInvitation,
  redeem,
} from '../../ceremony/invitation.ts'
import type { Channel } from '../../ceremony/machine.ts'
import type { SealedLine } from '../../ceremony/sealed-line.ts'
import type { Audit } from '../../store/audit.ts'
import { CeremonyEnded, type NotAdmitted, verifyCode } from '../ceremonies.ts'
import { subjectOf } from '../ceremony-host.ts'
import type { Peer } from '../tls.ts'
import type { TransferSocket } from './line.ts'

/** What the desk tells of attempts at a code. */
export interface Attempts {
  readonly attemptsLeft: number
  /** Those that are over and did not have the code. */
  readonly failed: number
  readonly wrongFrom: readonly string[]
  /** No attempt is left, and none is under way. */
  readonly burnt: boolean
}

export interface Offer {
  /** Of the transfer, 32 hexadecimal digits. */
  readonly id: string
  /** The paired device that it is for; null where whoever has the code may fetch it. */
  readonly to: string | null
  /** How long it waits, in milliseconds. */
  readonly waitsMs: number
  /** Whether it was handed out to that device already: then it comes to tell what became of it. */
  wasSentTo(device: string): boolean
  /** Somebody came who may have it. `again`: it was handed out to that very device before. */
  met(line: SealedLine, again: boolean): void
  attempted(attempts: Attempts): void
}

interface Open {
  readonly offer: Offer
  invitation: Invitation | null
  failed: number
  readonly wrongFrom: Set<string>
}

const WRONG_FROM_CAP = 10

export interface DeskContext {
  readonly record: Audit['record']
  readonly channel: (peer: Peer) => Channel
  /** Whether a code is open changed. */
  readonly changed: () => void
}

export class TransferDesk {
  readonly #context: DeskContext
  readonly #open = new Map<string, Open>()
  readonly #listeners = new Map<string, Set<(transfer: string) => void>>()

  constructor(context: DeskContext) {
    this.#context = context
  }

  /** Whether a code is open. */
  get hasCode(): boolean {
    return [...this.#open.values()].some(({ invitation }) => invitation !== null && !invitation.used)
  }

  /** Calls `tell` with every transfer that waits for this paired device, and will; returns how to end it. */
  listen(device: string, tell: (transfer: string) => void): () => void {
    const tellings = this.#listeners.get(device) ?? new Set()
    this.#listeners.set(device, tellings.add(tell))
    for (const { offer } of this.#open.values()) if (offer.to === device) tell(offer.id)
    return () => {
      tellings.delete(tell)
      if (tellings.size === 0) this.#listeners.delete(device)
    }
  }

  /** Offers it until it is closed. The code: six digits, null where it is for a paired device. */
  open(offer: Offer): string | null {
    const invitation =
      offer.to === null ? openInvitation(randomInt(1_000_000), performance.now(), offer.waitsMs) : null
    this.#open.set(offer.id, { offer, invitation, failed: 0, wrongFrom: new Set() })
    for (const tell of this.#listeners.get(offer.to ?? '') ?? []) tell(offer.id)
    this.#context.changed()
    return invitation?.code ?? null
  }

  close(id: string): void {
    if (this.#open.delete(id)) this.#context.changed()
  }

  /** Somebody came: `device` is its id where it is paired and showed its token, else null. Never throws. */
  async answer(socket: TransferSocket, device: string | null, wanted: string | null): Promise<void> {
    const found = this.#find(socket.peer, device, wanted)
    if (found === null) {
      socket.ceremony.send({ type: 'abort', reason: 'noInvitation' })
      return socket.ceremony.close()
    }
    const attempt: { counted: Attempt | null } = { counted: null }
    try {
      await this.#serve(socket, found, attempt)
    } catch (error) {
      const why = error instanceof CeremonyEnded ? error.why : 'failed'
      const kind = why === 'wrongCode' ? 'wrongCode' : 'transferRefused'
      this.#context.record(kind, subjectOf(socket.peer), why)
      if (attempt.counted !== null) this.#failed(found.open, attempt.counted, socket.peer)
      socket.ceremony.close()
    }
  }

  /** Throws CeremonyEnded. */
  async #serve(
    { peer, ceremony, sealed }: TransferSocket,
    { open, again }: { readonly open: Open; readonly again: boolean },
    attempt: { counted: Attempt | null },
  ): Promise<void> {
    const { id } = open.offer
    const channel = this.#context.channel(peer)
    ceremony.send({ type: 'transfer', version: CEREMONY_VERSION, id, state: again ? 'sent' : 'offered' })
    const line = (secret: Uint8Array) => sealed({ role: 'sender', transfer: id, secret, own: channel.own })
    if (again || open.offer.to !== null) return open.offer.met(line(peer.transferSecret), again)
    const { key } = await verifyCode(
      ceremony,
      { ...channel, purpose: 'transfer' },
      'mutual',
      performance.now() + ATTEMPT_LIVES_MS,
      () => this.#count(open, attempt, peer),
    )
    if (attempt.counted === null || key === null || !this.#redeem(open, attempt.counted)) {
      return ceremony.close()
    }
    open.offer.met(line(key), false)
  }

  /** What it may have, the newest first: a paired device what it was told of, anybody else what is open to a code, or what it had before. */
  #find(peer: Peer, device: string | null, wanted: string | null): { open: Open; again: boolean } | null {
    const all = [...this.#open.values()]
      .filter(({ offer }) => wanted === null || offer.id === wanted)
      .reverse()
    const open = all.find(({ offer, invitation }) =>
      device === null ? invitation?.used === false : offer.to === device && !offer.wasSentTo(device),
    )
    if (open !== undefined) return { open, again: false }
    const sent = all.find(({ offer }) => offer.wasSentTo(peer.fingerprint))
    return sent === undefined ? null : { open: sent, again: true }
  }

  /** Counts before anything is answered: the answer tells a guesser whether the guess was right. */
  #count(open: Open, attempt: { counted: Attempt | null }, peer: Peer): string | NotAdmitted {
    const { invitation } = open
    if (invitation === null || this.#open.get(open.offer.id) !== open) return { why: 'noInvitation' }
    const counted = countAttempt(invitation, performance.now())
    if (typeof counted === 'string') return { why: counted === 'busy' ? 'busy' : 'noInvitation' }
    open.invitation = counted.invitation
    attempt.counted = counted.attempt
    this.#context.record('attemptCounted', subjectOf(peer), 'of a transfer')
    this.#tell(open)
    return invitation.code
  }

  #redeem(open: Open, attempt: Attempt): boolean {
    const { invitation } = open
    const isOpen = invitation !== null && this.#open.get(open.offer.id) === open
    const redeemed = isOpen ? redeem(invitation, attempt, performance.now()) : null
    if (redeemed === null) return false
    open.invitation = redeemed
    return true
  }

  #failed(open: Open, attempt: Attempt, peer: Peer): void {
    if (open.invitation === null || open.invitation.used) return
    open.invitation = endAttempt(open.invitation, attempt)
    // Whoever hung up after our answer knows as well as one who failed whether the guess was right.
    open.failed++
    if (open.wrongFrom.size < WRONG_FROM_CAP) open.wrongFrom.add(peer.host)
    this.#tell(open)
  }

  #tell({ offer, invitation, failed, wrongFrom }: Open): void {
    if (invitation === null) return
    const burnt = closedBecause(invitation, performance.now()) === 'spent'
    offer.attempted({ attemptsLeft: invitation.attemptsLeft, failed, wrongFrom: [...wrongFrom], burnt })
  }
}
