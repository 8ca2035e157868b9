// Every change of who is trusted, and what follows from each: the roster, the history, the audit log. Connections are the
// network's matter: it is told whom to part with.
import type { Config } from '../../contract/config.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Paired } from '../../contract/pairing.ts'
import type { Right } from '../../contract/right-words.ts'
import type { Audit } from '../store/audit.ts'
import { hashOf } from '../tokens/token.ts'
import type { Settled } from './ceremonies.ts'
import type { Copies } from './copies.ts'
import type { Histories } from './histories.ts'
import { rightsOf } from './rights.ts'
import type { Member, Roster } from './roster.ts'
import type { Peer } from './tls.ts'

export interface TrustContext {
  readonly config: Config
  readonly roster: Roster
  readonly copies: Copies
  readonly histories: Histories
  readonly audit: Pick<Audit, 'record'>
  readonly ownId: () => string | null
  readonly ownName: () => string
  /** Goes to that device with what was just agreed; the ceremony's own connection has to live to its end. */
  readonly renew: (id: string) => Promise<void>
  /** Cuts every connection of that device, then settles. */
  readonly part: (id: string) => Promise<void>
  /** Brings listener, links and discovery in step with the roster. */
  readonly settle: () => Promise<void>
  /** Unix milliseconds. */
  readonly now: () => number
}

export class Trust {
  readonly #context: TrustContext

  constructor(context: TrustContext) {
    this.#context = context
  }

  /** A ceremony succeeded: the device is paired, with new tokens. Throws TallyError stateUnwritable. */
  async admit(peer: Peer, settled: Settled, address: string | null): Promise<Paired> {
    const { roster, copies, audit, ownName, renew } = this.#context
    const { flow, issued, token, claimedName } = settled
    const { fingerprint: id, certificatePem } = peer
    const direction = flow.reads && flow.gives ? 'mutual' : flow.reads ? 'read' : 'give'
    const grantHash = issued === null ? null : hashOf(issued)
    const wasMerged = roster.merged.some((each) => each.id === id)
    const member = { id, certificatePem, direction, pairedAt: this.#at(), address, token, grantHash } as const
    const { name } = await roster.admit(member, claimedName, ownName())
    audit.record('paired', { id, name, address }, direction)
    // It tells its history itself again, whole: what was left after the merging is not what it has.
    if (wasMerged && token !== null) await copies.remove(id)
    await renew(id)
    return { id, name }
  }

  /** The other side ended it. */
  async endedThere(id: string): Promise<void> {
    await this.#end(id, false)
  }

  /** Throws TallyError noSuchDevice or stateUnwritable. */
  async unpair(wanted: string): Promise<Paired> {
    const { id, name, state } = this.#context.roster.find(wanted)
    if (state === 'paired') await this.#end(id, true)
    return { id, name }
  }

  /** With a new identity nobody knows this device. */
  async endAll(): Promise<void> {
    const { roster } = this.#context
    for (const { id } of roster.paired) await roster.unpair(id, this.#at(), false)
  }

  /** Throws TallyError noSuchDevice or stateUnwritable. */
  async block(wanted: string): Promise<Paired> {
    const { roster, audit, part } = this.#context
    const { id, name } = roster.find(wanted)
    await roster.block(id, this.#at())
    audit.record('blocked', { id, name })
    await part(id)
    return { id, name }
  }

  /** Throws TallyError noSuchDevice or stateUnwritable. */
  async unblock(wanted: string): Promise<Paired> {
    const { roster, audit, settle } = this.#context
    const unblocked = await roster.unblock(wanted)
    if (unblocked === null) {
      const { id, name } = roster.find(wanted)
      return { id, name }
    }
    audit.record('unblocked', unblocked)
    await settle()
    return unblocked
  }

  /** Throws TallyError noSuchDevice or stateUnwritable. */
  async forget(wanted: string): Promise<Paired> {
    const { roster, copies, audit, part } = this.#context
    const { id, name } = roster.find(wanted)
    const gone = await roster.forget(id, this.#at())
    audit.record('forgotten', { id, name })
    await part(id)
    for (const each of gone) await copies.remove(each)
    return { id, name }
  }

  /** Throws TallyError noSuchDevice, invalidParams or stateUnwritable. */
  async merge(old: string, young: string): Promise<{ from: Paired; into: Paired }> {
    const { roster, histories, audit, part } = this.#context
    const [from, into] = [roster.find(old), roster.find(young)]
    if (from.id === into.id) {
      throw TallyError.saying('invalidParams', 'a device cannot be merged into itself', 'name two devices')
    }
    await histories.merge(from.id, into.id, this.#at())
    audit.record('merged', { id: from.id, name: from.name }, `into ${into.name}`)
    await part(from.id)
    return { from: { id: from.id, name: from.name }, into: { id: into.id, name: into.name } }
  }

  /** Throws TallyError noSuchDevice, nameTaken, setByConfig or stateUnwritable. */
  async rename(wanted: string, name: string): Promise<{ id: string | null; name: string }> {
    const { config, roster, audit, ownName, ownId, settle } = this.#context
    const own = ownName()
    const isSelf = wanted === 'self' || wanted === own
    if (isSelf && config.device?.name !== undefined) throw new TallyError('setByConfig', 'device.name')
    const member = isSelf ? null : roster.find(wanted)
    const given = await roster.rename(member?.id ?? null, name, own)
    const id = member?.id ?? ownId()
    audit.record('renamed', { id, name: given }, `was ${member?.name ?? own}`)
    await settle()
    return { id, name: given }
  }

  /** Throws TallyError noSuchDevice, also for one that could not come with it, or stateUnwritable. */
  async grant(wanted: string, right: Right): Promise<Paired> {
    const { roster, audit } = this.#context
    const { id, name, state, grantHash } = roster.find(wanted)
    if (state !== 'paired') throw new TallyError('noSuchDevice', `${JSON.stringify(name)} is not paired`)
    if (grantHash === null) {
      const why = `${JSON.stringify(name)} gives its totals here and sees none, so it has no token to come with`
      throw new TallyError('noSuchDevice', why, 'pair it again, without --one-way')
    }
    if (await this.#setRights(id, (rights) => [...new Set([...rights, right])])) {
      audit.record('rightGranted', { id, name }, right)
    }
    return { id, name }
  }

  /** Throws TallyError noSuchDevice or stateUnwritable. */
  async ungrant(wanted: string, right: Right): Promise<Paired> {
    const { roster, audit } = this.#context
    const { id, name } = roster.find(wanted)
    if (await this.#setRights(id, (rights) => rights.filter((each) => each !== right))) {
      audit.record('rightTaken', { id, name }, right)
    }
    return { id, name }
  }

  /** Whether something changed. One whose trust ended meanwhile gets none. */
  async #setRights(id: string, change: (rights: readonly string[]) => readonly string[]): Promise<boolean> {
    let changed = false
    await this.#context.roster.change(id, (member: Member) => {
      const rights = change(rightsOf(member))
      changed = member.state === 'paired' && rights.length !== rightsOf(member).length
      return changed ? { ...member, rights } : member
    })
    return changed
  }

  /** How the audit log names a device. */
  subjectOf(id: string): { id: string; name: string | null } {
    return { id, name: this.#context.roster.byId(id)?.name ?? null }
  }

  async #end(id: string, byUs: boolean): Promise<void> {
    const { roster, audit, part } = this.#context
    await roster.unpair(id, this.#at(), byUs, !byUs)
    audit.record(byUs ? 'unpaired' : 'unpairedThere', this.subjectOf(id))
    await part(id)
  }

  #at(): string {
    return new Date(this.#context.now()).toISOString()
  }
}
