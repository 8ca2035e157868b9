// What is left in the roster's document of devices that were forgotten or merged: enough to know them when they come, and to tell
// them. Pure; the roster writes.
import { MEMBERS_CAP, type Owed, type RosterData, type Tombstone } from './roster-data.ts'

/** In the place of a member a tombstone; the oldest ones give way. */
export function bury(data: RosterData, id: string, at: string): RosterData {
  const member = data.members.find((each) => each.id === id)
  if (member === undefined) return data
  const { certificatePem, address, owesNotice, state, unpairedAt } = member
  const owes = owesNotice || state === 'paired'
  const tombstone: Tombstone = {
    id,
    since: unpairedAt ?? at,
    blocked: state === 'blocked',
    notice: owes ? { certificatePem, address } : null,
  }
  const others = tombstonesOf(data).filter((each) => each.id !== id)
  return {
    ...data,
    members: data.members.filter((each) => each.id !== id),
    tombstones: [...others, tombstone].slice(-MEMBERS_CAP),
  }
}

/** What a device is to us that has a tombstone. */
export function standingOfBuried(data: RosterData, id: string): 'unpaired' | 'blocked' | 'unknown' {
  const tombstone = tombstonesOf(data).find((each) => each.id === id)
  if (tombstone === undefined) return 'unknown'
  return tombstone.blocked ? 'blocked' : 'unpaired'
}

/** The one that was buried blocked and whose id begins so; null where that is none, or several. */
export function buriedBlocked(data: RosterData, wanted: string): string | null {
  if (!/^[0-9a-f]{8,64}$/.test(wanted)) return null
  const found = tombstonesOf(data).filter(({ id, blocked }) => blocked && id.startsWith(wanted))
  return found.length === 1 ? found[0]!.id : null
}

/** Those that have to be told that they were unpaired. */
export function owedByTombstones(data: RosterData): Owed[] {
  return tombstonesOf(data).flatMap(({ id, since, notice }) =>
    notice === null ? [] : [{ id, ...notice, unpairedAt: since }],
  )
}

/** The tombstones, that of `id` changed. */
export function changedTombstone(data: RosterData, id: string, change: Partial<Tombstone>): Tombstone[] {
  return tombstonesOf(data).map((each) => (each.id === id ? { ...each, ...change } : each))
}

function tombstonesOf({ tombstones = [] }: RosterData): readonly Tombstone[] {
  return tombstones
}
