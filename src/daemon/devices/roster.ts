// Who is paired with this device, under which name, and with which tokens; besides, what the owner wants of sharing. One
// document: a change is in memory only after the disk has it.
import { TallyError } from '../../contract/errors.ts'
import type { Document } from '../store/document.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument, TWICE } from '../store/told-document.ts'
import { matches } from '../tokens/token.ts'
import { cleanName, freeName, isReserved, NAME_CAP } from './device-name.ts'
import { isRoster, MEMBERS_CAP, type Member, type Merged, type Owed, type RosterData } from './roster-data.ts'
import { buriedBlocked, bury, changedTombstone, owedByTombstones, standingOfBuried } from './tombstones.ts'

export type { Member, Merged, Owed, RosterData, Tombstone } from './roster-data.ts'

const EMPTY: RosterData = { ownName: null, share: null, port: null, members: [] }

export class Roster {
  readonly #document: Document<RosterData>

  constructor(document: Document<RosterData>) {
    this.#document = document
  }

  /** What the disk holds. */
  get data(): RosterData {
    return this.#document.value
  }

  get members(): readonly Member[] {
    return this.data.members
  }

  /** Those that are trusted now. */
  get paired(): readonly Member[] {
    return this.members.filter(({ state }) => state === 'paired')
  }

  byId(id: string): Member | undefined {
    return this.members.find((member) => member.id === id)
  }

  /** Those that were merged into another one. */
  get merged(): readonly Merged[] {
    return this.data.merged ?? []
  }

  /** Those that have to be told that they were unpaired. */
  get owed(): readonly Owed[] {
    return [...this.members.filter(({ owesNotice }) => owesNotice), ...owedByTombstones(this.data)]
  }

  /** What a certificate's owner is to this device. */
  standing(id: string): Member['state'] | 'unknown' {
    return this.byId(id)?.state ?? standingOfBuried(this.data, id)
  }

  /** The paired device that shows this certificate and this token; undefined where either is not what was agreed. */
  authenticated(id: string, token: string | null): Member | undefined {
    const member = this.byId(id)
    if (member?.state !== 'paired' || member.grantHash === null || token === null) return undefined
    return matches(token, member.grantHash) ? member : undefined
  }

  /** By id, at least eight first digits of it, or name. Throws TallyError noSuchDevice. */
  find(wanted: string): Member {
    const short = wanted.toLowerCase()
    const byId = /^[0-9a-f]{8,64}$/.test(short) ? this.members.filter(({ id }) => id.startsWith(short)) : []
    if (byId.length > 1) throw new TallyError('noSuchDevice', `${wanted} begins the id of several`)
    // Ids come first: no name can be in their way.
    const found = byId[0] ?? this.members.find(({ name }) => name === wanted)
    if (found !== undefined) return found
    throw new TallyError('noSuchDevice', JSON.stringify(wanted.slice(0, NAME_CAP)))
  }

  /** Adds a device or, where it was known, replaces its tokens and keeps its name, but no right. Throws TallyError stateUnwritable. */
  async admit(
    member: Omit<Member, 'name' | 'state' | 'unpairedAt' | 'owesNotice' | 'rights'>,
    suggested: string,
    own: string,
  ): Promise<Member> {
    if (this.standing(member.id) === 'blocked') throw new TallyError('deviceBlocked', member.id.slice(0, 8))
    if (this.byId(member.id) === undefined && this.members.length >= MEMBERS_CAP) {
      throw new TallyError('tooMany', `${MEMBERS_CAP} devices are known`, 'forget some: tallyctl devices')
    }
    await this.#update((data) => {
      const known = data.members.find(({ id }) => id === member.id)
      const others = data.members.filter(({ id }) => id !== member.id)
      const name = known?.name ?? freeName(suggested, member.id, [own, ...others.map((each) => each.name)])
      const admitted: Member = { ...member, name, state: 'paired', unpairedAt: null, owesNotice: false }
      return {
        ...data,
        members: [...others, admitted].sort((x, y) => (x.name < y.name ? -1 : 1)),
        tombstones: (data.tombstones ?? []).filter(({ id }) => id !== member.id),
        // Who tells its history itself is counted under its own name again.
        merged: (data.merged ?? []).filter(({ id }) => id !== member.id || member.token === null),
      }
    })
    return this.byId(member.id)!
  }

  /** Changes one device; nothing happens where it is not known. Throws TallyError stateUnwritable. */
  async change(id: string, change: (member: Member) => Member): Promise<void> {
    await this.#update((data) => ({
      ...data,
      members: data.members.map((member) => (member.id === id ? change(member) : member)),
    }))
  }

  /** Ends the trust at once; `owesNotice` where the other one has to be told. Throws TallyError stateUnwritable. */
  async unpair(id: string, at: string, owesNotice: boolean, unpairedThere = false): Promise<void> {
    await this.change(id, (member) =>
      member.state === 'paired'
        ? { ...member, ...UNTRUSTED, unpairedAt: at, owesNotice, unpairedThere }
        : member,
    )
  }

  /** Ends the trust without a word; the device is not answered any more. Throws TallyError stateUnwritable. */
  async block(id: string, at: string): Promise<void> {
    await this.change(id, (member) => ({
      ...member,
      ...UNTRUSTED,
      state: 'blocked',
      unpairedAt: member.unpairedAt ?? at,
    }))
  }

  /** It is a stranger again; null where none that is blocked is called so. Throws TallyError stateUnwritable. */
  async unblock(wanted: string): Promise<Pick<Member, 'id' | 'name'> | null> {
    const buried = buriedBlocked(this.data, wanted)
    const named = buried === null ? this.find(wanted) : { id: buried, name: buried.slice(0, 8) }
    if (this.standing(named.id) !== 'blocked') return null
    await this.#update((data) => ({
      ...data,
      members: data.members.map((each) => (each.id === named.id ? { ...each, state: 'unpaired' } : each)),
      tombstones: changedTombstone(data, named.id, { blocked: false }),
    }))
    return { id: named.id, name: named.name }
  }

  /** Leaves nothing but a tombstone. Returns whose histories are to be dropped. Throws TallyError stateUnwritable. */
  async forget(id: string, at: string): Promise<string[]> {
    const gone = [id, ...this.merged.filter(({ into }) => into === id).map((each) => each.id)]
    await this.#update((data) => ({
      ...bury(data, id, at),
      merged: (data.merged ?? []).filter((each) => !gone.includes(each.id)),
    }))
    return gone
  }

  /** Leaves a tombstone of `old`, whose history is `into`'s from now on. Throws TallyError stateUnwritable. */
  async merge(old: string, into: string, at: string): Promise<void> {
    await this.#update((data) => ({
      ...bury(data, old, at),
      merged: [
        ...(data.merged ?? []).map((each) => (each.into === old ? { ...each, into } : each)),
        { id: old, into, since: at },
      ],
    }))
  }

  /** It knows that it was unpaired, or will never be told. Throws TallyError stateUnwritable. */
  async told(id: string): Promise<void> {
    await this.#update((data) => ({
      ...data,
      members: data.members.map((each) => (each.id === id ? { ...each, owesNotice: false } : each)),
      tombstones: changedTombstone(data, id, { notice: null }),
    }))
  }

  /** Throws TallyError nameTaken, or invalidParams for one that is reserved, or of which nothing is left when it is cleaned. */
  async rename(id: string | null, given: string, own: string): Promise<string> {
    const name = cleanName(given)
    if (name === '' || isReserved(name)) {
      const why = name === '' ? 'is no name' : 'means something else'
      throw TallyError.saying('invalidParams', `${JSON.stringify(given)} ${why}`, 'choose another name')
    }
    const taken = this.members.some((member) => member.id !== id && member.name === name)
    if (taken || (id !== null && name === own)) throw new TallyError('nameTaken', JSON.stringify(name))
    if (id === null) await this.#update((data) => ({ ...data, ownName: name }))
    else await this.change(id, (member) => ({ ...member, name }))
    return name
  }

  /** Throws TallyError stateUnwritable. */
  async set(change: Partial<Pick<RosterData, 'share' | 'port'>>): Promise<void> {
    await this.#update((data) => ({ ...data, ...change }))
  }

  async #update(change: (data: RosterData) => RosterData): Promise<void> {
    try {
      await this.#document.update(change)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `the roster was not changed (${code})`)
    }
  }
}

const UNTRUSTED = { state: 'unpaired', grantHash: null, token: null, owesNotice: false, rights: [] } as const

/** Reads the roster; empty where there is none. Where it cannot be read nobody is trusted, and every change is refused. Never throws. */
export async function openRoster(path: string, incidents: Incidents): Promise<Roster> {
  const { document } = await openToldDocument<RosterData>({
    // The version before may trust a device that was unpaired since.
    ...TWICE,
    path,
    schema: SCHEMAS.devices,
    check: isRoster,
    empty: EMPTY,
    incidents,
    code: 'devicesUnreadable',
    whenLost: 'no device is trusted: pair with them again',
    meanwhile: '; no device is trusted until it can',
  })
  return new Roster(document)
}
