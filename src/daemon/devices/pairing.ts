// Makes devices paired, by code or by comparing: who calls whom, what is said to the owner, and what becomes of it. The
// ceremonies themselves are in ceremony/, who is trusted afterwards is the roster's matter.
import type { CeremonyFailure, CeremonyMessage } from '../../contract/ceremony.ts'
import { PAIRING_NEXT } from '../../contract/ceremony-words.ts'
import { type ErrorName, TallyError } from '../../contract/errors.ts'
import type { Comparison, Direction, Paired, Pairing as Value } from '../../contract/pairing.ts'
import type { Flow } from '../ceremony/flow.ts'
import { ATTEMPT_LIVES_MS, INVITATION_LIVES_MS } from '../ceremony/invitation.ts'
import type { Channel } from '../ceremony/machine.ts'
import { PROVISIONAL_LIVES_MS } from '../ceremony/settlement.ts'
import type { Identity } from '../identity/identity.ts'
import type { Requests } from '../requests/requests.ts'
import type { Audit } from '../store/audit.ts'
import { CeremonyEnded, proveCode, type Settled, settle } from './ceremonies.ts'
import { callCeremony } from './ceremony-call.ts'
import { type CeremonyHost, subjectOf } from './ceremony-host.ts'
import type { CeremonyLine } from './ceremony-line.ts'
import { Comparisons } from './comparisons.ts'
import type { Invited } from './devices.ts'
import { Invitations } from './invitations.ts'
import type { Sharing } from './sharing.ts'
import { addressOf, type Peer } from './tls.ts'

export interface PairingContext {
  readonly identity: () => Identity
  readonly sharing: Sharing
  readonly requests: Requests
  readonly ownName: () => string
  /** Writes the device as paired. Throws TallyError stateUnwritable. */
  readonly admit: (peer: Peer, settled: Settled, address: string | null) => Promise<Paired>
  /** Throws TallyError deviceBlocked. */
  readonly mayPair: (id: string) => void
  readonly record: Audit['record']
  /** Where a device is that is called so; null where nothing is known of it, and it may be a host. */
  readonly addressOf: (word: string) => string | null
  readonly changed: () => void
  /** Unix milliseconds, for what is shown. */
  readonly now: () => number
}

export class Pairing {
  readonly #context: PairingContext
  readonly #invitations: Invitations
  /** Ids of devices that we have agreed with and are writing down. */
  readonly #settling = new Set<string>()
  readonly #comparisons: Comparisons

  constructor(context: PairingContext) {
    this.#context = context
    const { now, changed, requests, record, ownName } = context
    const host: CeremonyHost = {
      now,
      changed,
      requests,
      record,
      ownName,
      channel: (peer) => channelOf(context.identity(), peer),
      settle: (line, flow, peer, at) => this.#settle(line, flow, peer, at),
    }
    this.#invitations = new Invitations(host)
    this.#comparisons = new Comparisons(host)
  }

  show(): Value {
    return { invitation: this.#invitations.show(), comparison: this.#comparisons.show() }
  }

  /** Shows a new code. Throws TallyError portTaken, clonedIdentity or stateUnwritable. */
  async invite(wish: Direction): Promise<Invited> {
    const { sharing } = this.#context
    await sharing.hold('invitation', INVITATION_LIVES_MS)
    const port = sharing.port ?? 0
    return { ...this.#invitations.open(wish), port, addresses: sharing.addresses() }
  }

  /** Whether an invitation or a comparison of the owner's was open. */
  cancel(): boolean {
    const invitation = this.#invitations.cancel()
    return this.#comparisons.cancel() || invitation
  }

  /**
   * Pairs with whoever shows `code` at `address`. Throws TallyError unreachable, notTallyd, wrongCode, notInvited or
   * pairingFailed, and what `invite` throws: the other side has to be able to reach this one.
   */
  async join(address: string, code: string, wish: Direction): Promise<Paired> {
    const { host, port, peer, line } = await this.#call(address)
    try {
      const channel = channelOf(this.#context.identity(), peer)
      const { flow } = await proveCode(line, channel, code, wish, performance.now() + ATTEMPT_LIVES_MS)
      return await this.#settle(line, flow, peer, { host, port })
    } catch (error) {
      const why = error instanceof CeremonyEnded ? error.why : 'failed'
      this.#context.record(
        why === 'wrongCode' ? 'wrongCode' : 'pairingFailed',
        subjectOf(peer),
        `here: ${why}`,
      )
      throw inWords(error, address)
    } finally {
      line.close()
    }
  }

  /** Begins to compare with the device at `address`; returns once there is a number. Throws as `join` does. */
  async compare(address: string, wish: Direction): Promise<Comparison> {
    const { host, port, peer, line } = await this.#call(address)
    try {
      return await this.#comparisons.ask({ peer, line, at: { host, port }, wish })
    } catch (error) {
      throw inWords(error, address)
    }
  }

  /** A device at the door wants to pair. Never throws. */
  async answer(peer: Peer, line: CeremonyLine): Promise<void> {
    const first = await line.peek(performance.now() + ATTEMPT_LIVES_MS)
    const message: CeremonyMessage | null = first.type === 'received' ? first.message : null
    if (message?.type === 'shareP') await this.#invitations.answer(peer, line)
    else if (message?.type === 'start') await this.#comparisons.answer(peer, line)
    line.close()
  }

  /** Whether a pairing with this device is about to be written down: it may have done so already, and call too early. */
  isSettling(id: string): boolean {
    return this.#settling.has(id)
  }

  stop(): void {
    this.#invitations.cancel()
    this.#comparisons.stop()
  }

  async #call(address: string) {
    const { sharing, identity, mayPair, addressOf, now } = this.#context
    await sharing.hold('pairing', PROVISIONAL_LIVES_MS)
    const call = await callCeremony(addressOf(address) ?? address, { identity: identity(), now })
    try {
      mayPair(call.peer.fingerprint)
    } catch (error) {
      call.line.close()
      throw error
    }
    return call
  }

  async #settle(
    line: CeremonyLine,
    flow: Flow,
    peer: Peer,
    at: { host: string; port: number | null },
  ): Promise<Paired> {
    const { ownName, sharing, admit } = this.#context
    const deadline = performance.now() + PROVISIONAL_LIVES_MS
    this.#settling.add(peer.fingerprint)
    try {
      const settled = await settle({ line, flow, name: ownName(), port: sharing.port, deadline })
      const port = settled.port ?? at.port
      return await admit(peer, settled, port === null ? null : addressOf(at.host, port))
    } finally {
      this.#settling.delete(peer.fingerprint)
    }
  }
}

export function channelOf(identity: Identity, peer: Peer): Channel {
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

/** Why a ceremony ended, as a clause. */
export const WHY: Readonly<Partial<Record<CeremonyFailure, string>>> = {
  busy: 'another device is being paired there at this moment',
  barred: 'its owner refused this device a short while ago',
  declined: 'its owner said no',
  nothingShared: 'what the two sides allow leaves nothing to share',
  version: 'it speaks another version of the ceremony',
  timedOut: 'it took too long',
  commitmentBroken: 'something is between the two devices',
  wrongDigits: 'the numbers are not the same: something may be between the two devices',
  closed: 'the connection ended',
}

function inWords(error: unknown, address: string): unknown {
  if (!(error instanceof CeremonyEnded)) return error
  const name = ERROR_OF[error.why] ?? 'pairingFailed'
  if (name !== 'pairingFailed') return new TallyError(name, address)
  // No human was asked yet, whose answer could have been late.
  const next = error.why === 'timedOut' ? undefined : PAIRING_NEXT[error.why]
  return new TallyError(name, WHY[error.why] ?? error.why, next)
}
