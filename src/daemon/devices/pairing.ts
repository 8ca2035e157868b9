// Makes devices paired: shows a code and waits, or dials and types one. What is agreed is the ceremony's matter, who is
// trusted afterwards the roster's; here they are brought together, with times, attempts and the listener.
import { randomInt } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { CeremonyFailure } from '../../contract/ceremony.ts'
import { type ErrorName, TallyError } from '../../contract/errors.ts'
import type { Direction, Paired, Invitation as Shown, Pairing as Value } from '../../contract/pairing.ts'
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
import type { Channel } from '../ceremony/machine.ts'
import { PROVISIONAL_LIVES_MS } from '../ceremony/settlement.ts'
import type { Identity } from '../identity/identity.ts'
import { CeremonyEnded, proveCode, type Settled, settle, verifyCode } from './ceremonies.ts'
import { type CeremonyLine, ceremonyLine } from './ceremony-line.ts'
import type { Invited } from './devices.ts'
import { DialError, dial } from './dial.ts'
import { DEFAULT_PORT, type Sharing } from './sharing.ts'
import { addressOf, type Peer, readAddress } from './tls.ts'

/** Addresses of wrong codes that are kept, to be shown. */
const WRONG_FROM_CAP = 10
const MESSAGE_BYTES = 1024

export interface PairingContext {
  readonly identity: () => Identity
  readonly sharing: Sharing
  readonly ownName: () => string
  /** Writes the device as paired. Throws TallyError stateUnwritable. */
  readonly admit: (peer: Peer, settled: Settled, address: string | null) => Promise<Paired>
  readonly changed: () => void
  /** Unix milliseconds, for what is shown. */
  readonly now: () => number
}

interface Open {
  readonly id: string
  readonly wish: Direction
  readonly expiresAt: string
  invitation: Invitation
  state: Shown['state']
  readonly wrongFrom: Set<string>
  paired: Paired | null
  readonly timer: NodeJS.Timeout
  /** The line of the attempt that is in flight, to be ended with the invitation. */
  line: CeremonyLine | null
}

export class Pairing {
  readonly #context: PairingContext
  #open: Open | null = null

  constructor(context: PairingContext) {
    this.#context = context
  }

  show(): Value {
    if (this.#open === null) return { invitation: null }
    const { id, state, expiresAt, invitation, wrongFrom, paired } = this.#open
    return {
      invitation: {
        id,
        state,
        expiresAt,
        attemptsLeft: invitation.attemptsLeft,
        wrongFrom: [...wrongFrom],
        paired,
      },
    }
  }

  /** Shows a new code. Throws TallyError portTaken, clonedIdentity or stateUnwritable. */
  async invite(wish: Direction): Promise<Invited> {
    await this.#context.sharing.window(INVITATION_LIVES_MS)
    this.#end('cancelled')
    const invitation = openInvitation(randomInt(1_000_000), performance.now())
    const expiresAt = new Date(this.#context.now() + INVITATION_LIVES_MS).toISOString()
    const timer = setTimeout(() => this.#end('expired'), INVITATION_LIVES_MS).unref()
    const id = String(randomInt(2 ** 47))
    this.#open = {
      id,
      wish,
      expiresAt,
      invitation,
      state: 'waiting',
      wrongFrom: new Set(),
      paired: null,
      timer,
      line: null,
    }
    this.#context.changed()
    return { id, code: invitation.code, expiresAt, port: this.#context.sharing.port ?? 0 }
  }

  /** Whether there was an open invitation. */
  cancel(): boolean {
    return this.#end('cancelled')
  }

  /**
   * Pairs with whoever shows `code` at `address`. Throws TallyError unreachable, notTallyd, wrongCode, notInvited or
   * pairingFailed, and what `invite` throws: the other side has to be able to reach this one.
   */
  async join(address: string, code: string, wish: Direction): Promise<Paired> {
    const at = readAddress(address, DEFAULT_PORT)
    if (at === null)
      throw new TallyError(
        'invalidParams',
        `${JSON.stringify(address)} is no address`,
        'write HOST or HOST:PORT',
      )
    await this.#context.sharing.window(PROVISIONAL_LIVES_MS)
    const identity = this.#context.identity()
    const { socket, peer } = await this.#dial(at, identity)
    const line = await this.#callAt(socket)
    try {
      const channel = channelOf(identity, peer)
      const flow = await proveCode(line, channel, code, wish, performance.now() + ATTEMPT_LIVES_MS)
      let paired: Paired | undefined
      await this.#settle(line, flow, async (settled) => {
        paired = await this.#context.admit(peer, settled, addressOf(at.host, settled.port ?? at.port))
      })
      return paired!
    } catch (error) {
      throw inWords(error, address)
    } finally {
      line.close()
    }
  }

  /** A device at the door wants to pair. Never throws. */
  async answer(peer: Peer, line: CeremonyLine): Promise<void> {
    const open = this.#open
    let attempt: Attempt | null = null
    try {
      const channel = channelOf(this.#context.identity(), peer)
      const deadline = performance.now() + ATTEMPT_LIVES_MS
      const flow = await verifyCode(line, channel, open?.wish ?? 'mutual', deadline, () => {
        const counted = this.#count(open)
        if ('why' in counted) return counted
        attempt = counted.attempt
        counted.open.line = line
        this.#context.changed()
        return counted.open.invitation.code
      })
      if (open === null || attempt === null || !this.#redeem(open, attempt)) return line.close()
      await this.#settle(line, flow, async (settled) => {
        const address = settled.port === null ? null : addressOf(peer.host, settled.port)
        open.paired = await this.#context.admit(peer, settled, address)
        this.#close(open, 'paired')
      })
    } catch {
      if (open !== null && attempt !== null) this.#failed(open, attempt, peer)
    } finally {
      line.close()
    }
  }

  stop(): void {
    this.#end('cancelled')
  }

  #count(open: Open | null): { open: Open; attempt: Attempt } | { why: CeremonyFailure } {
    if (open === null || open !== this.#open || open.state !== 'waiting') return { why: 'noInvitation' }
    const counted = countAttempt(open.invitation, performance.now())
    if (typeof counted === 'string') return { why: counted === 'busy' ? 'busy' : 'noInvitation' }
    open.invitation = counted.invitation
    return { open, attempt: counted.attempt }
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
    if (isWrong && open.wrongFrom.size < WRONG_FROM_CAP) open.wrongFrom.add(peer.host)
    if (open.invitation.used) this.#close(open, 'burnt')
    else if (closedBecause(open.invitation, performance.now()) === 'spent') this.#close(open, 'burnt')
    this.#context.changed()
  }

  #end(state: 'cancelled' | 'expired'): boolean {
    const open = this.#open
    if (open === null || open.state !== 'waiting') return false
    // An attempt in flight may still end well after the code has expired, not after it was taken back.
    if (state === 'expired' && isLive(open.invitation, performance.now())) {
      setTimeout(() => this.#end('expired'), ATTEMPT_LIVES_MS).unref()
      return false
    }
    open.line?.close()
    this.#close(open, state)
    return true
  }

  #close(open: Open, state: Shown['state']): void {
    clearTimeout(open.timer)
    open.state = state
    open.line = null
    this.#context.changed()
  }

  #settle(
    line: CeremonyLine,
    flow: Settled['flow'],
    activate: (settled: Settled) => Promise<void>,
  ): Promise<void> {
    const { ownName, sharing } = this.#context
    const deadline = performance.now() + PROVISIONAL_LIVES_MS
    return settle({ line, flow, name: ownName(), port: sharing.port, deadline, activate })
  }

  async #dial(
    at: { host: string; port: number },
    identity: Identity,
  ): Promise<{ socket: TLSSocket; peer: Peer }> {
    try {
      return await dial({ ...at, pin: null }, { identity, now: this.#context.now })
    } catch (error) {
      if (!(error instanceof DialError)) throw error
      const where = addressOf(at.host, at.port)
      if (error.why === 'unreachable') throw new TallyError('unreachable', `${where} (${error.message})`)
      throw new TallyError('notTallyd', `${where} (${error.message})`)
    }
  }

  #callAt(socket: TLSSocket): Promise<CeremonyLine> {
    const call = new WebSocket('ws://device/v1/ceremony', {
      createConnection: () => socket,
      handshakeTimeout: ATTEMPT_LIVES_MS,
      maxPayload: MESSAGE_BYTES,
      perMessageDeflate: false,
    })
    const line = ceremonyLine(call)
    return new Promise((resolve, reject) => {
      call.once('open', () => resolve(line))
      call.once('error', (error) => reject(new TallyError('notTallyd', error.message)))
    })
  }
}

function channelOf(identity: Identity, peer: Peer): Channel {
  return {
    own: identity.fingerprintBytes,
    peer: Buffer.from(peer.fingerprint, 'hex'),
    exporter: peer.exporter,
  }
}

const ERROR_OF: Readonly<Partial<Record<CeremonyFailure, ErrorName>>> = {
  wrongCode: 'wrongCode',
  noInvitation: 'notInvited',
}

const WHY: Readonly<Partial<Record<CeremonyFailure, string>>> = {
  busy: 'another device is being paired there at this moment',
  nothingShared: 'what the two sides allow leaves nothing to share',
  version: 'it speaks another version of the ceremony',
  timedOut: 'it took too long',
  closed: 'the connection ended; if a code was typed, it may have been a wrong one',
}

function inWords(error: unknown, address: string): unknown {
  if (!(error instanceof CeremonyEnded)) return error
  const name = ERROR_OF[error.why] ?? 'pairingFailed'
  return new TallyError(name, name === 'pairingFailed' ? (WHY[error.why] ?? error.why) : address)
}
