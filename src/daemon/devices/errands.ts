// What this device goes to another one for, beside the links: one question, one transfer, a trial; each over connections of its own.
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Params, Result } from '../../contract/methods.ts'
import type { Identity } from '../identity/identity.ts'
import type { Copies } from './copies.ts'
import { askThere, type Relayed } from './distant-call.ts'
import type { Finding } from './finding.ts'
import { channelOf } from './pairing.ts'
import type { Member, Roster } from './roster.ts'
import type { Peer } from './tls.ts'
import type { Fetched } from './transfers/fetching.ts'

export interface ErrandsContext {
  readonly roster: Roster
  readonly copies: Copies
  readonly finding: Pick<Finding, 'addressesOf' | 'called' | 'look'>
  /** Throws TallyError identityUnreadable. */
  readonly identity: () => Identity
  /** Of tallyd. */
  readonly version: string
  /** Unix milliseconds. */
  readonly now: () => number
}

/** How long a device has to show itself on the network, in milliseconds. */
const LOOK_MS = 1_500

export class Errands {
  readonly #context: ErrandsContext

  constructor(context: ErrandsContext) {
    this.#context = context
  }

  /** See Devices.ask. */
  ask<M extends Relayed>(member: Member, method: M, params: Params<M>): Promise<Result<M>> {
    const { roster, identity, now } = this.#context
    const addresses = this.#addressesOf(member)
    return askThere({ member: roster.byId(member.id)!, addresses, identity: identity(), now }, method, params)
  }

  /** See Devices.trial. One that is nowhere on the network is asked for once more. */
  async trial(member: Member): Promise<Check[]> {
    const { copies, finding, version } = this.#context
    const found = () => finding.addressesOf(member.id)
    if (member.state === 'paired' && found().length === 0) {
      await finding.look()
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    const [{ tryDevice }, calling] = await Promise.all([import('./trial.ts'), this.#calling()])
    const copy = copies.of(member.id)
    const told = { cursor: copy?.cursor ?? null, program: copy?.program ?? null }
    return tryDevice({ member, found: found(), ownVersion: version, ...told, ...calling })
  }

  /** To whoever shows `code` at an address, or is called so. Throws what `fetchByCode` throws. */
  async fetchByCode(word: string, code: string): Promise<Fetched> {
    const [{ fetchByCode }, context] = await Promise.all([import('./transfers/fetching.ts'), this.#calling()])
    return fetchByCode(this.addressOf(word) ?? word, code, { ...context, mayMeet: (id) => this.mayMeet(id) })
  }

  /** To a paired device that offers a transfer. Throws what `fetchFrom` throws. */
  async fetchFrom(member: Member, transfer: string): Promise<Fetched> {
    const [{ fetchFrom }, context] = await Promise.all([import('./transfers/fetching.ts'), this.#calling()])
    return fetchFrom(this.#context.roster.byId(member.id)!, transfer, this.#addressesOf(member), context)
  }

  /** Where a device is that is called so; null where nothing is known of it, and it may be a host. */
  addressOf(word: string): string | null {
    const { roster, finding } = this.#context
    const known = roster.members.find(({ name }) => name === word)
    return finding.called(word) ?? known?.address ?? null
  }

  /** Throws TallyError deviceBlocked. */
  mayMeet(id: string): void {
    if (this.#context.roster.standing(id) === 'blocked') throw new TallyError('deviceBlocked', id.slice(0, 8))
  }

  /** Where it was found, then where it was before. */
  #addressesOf({ id, address }: Member): string[] {
    return [...new Set([...this.#context.finding.addressesOf(id), ...[address ?? []].flat()])]
  }

  async #calling() {
    const { identity, now } = this.#context
    const own = identity()
    return { identity: own, now, channel: (peer: Peer) => channelOf(own, peer) }
  }
}
