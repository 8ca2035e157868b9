// What the roster's document holds, and whether what was read is that.
import type { Direction } from '../../contract/pairing.ts'
import { DIRECTIONS } from '../../contract/words.ts'
import { isToken } from '../tokens/token.ts'

/** A paired device, or one that was. */
export interface Member {
  /** Fingerprint of its certificate. */
  readonly id: string
  readonly certificatePem: string
  /** Ours for it; unique here. */
  readonly name: string
  /** From this device's point of view. */
  readonly direction: Direction
  readonly state: 'paired' | 'unpaired' | 'blocked'
  readonly pairedAt: string
  readonly unpairedAt: string | null
  /** Where it was last reached or said that it can be: `host:port`. */
  readonly address: string | null
  /** What this device shows there; null where it only gives. Secret. */
  readonly token: string | null
  /** SHA-256 of what it shows here; null where it only gives. */
  readonly grantHash: string | null
  /** It has not heard yet that it was unpaired here. */
  readonly owesNotice: boolean
  /** It was unpaired over there, and we heard of it. */
  readonly unpairedThere?: boolean
  /** What its owner here gave it the right to do; rights.ts says what that is. */
  readonly rights?: readonly string[]
}

/** What is left of a device that was forgotten or merged: enough to know it when it comes. */
export interface Tombstone {
  readonly id: string
  readonly since: string
  /** It is still not to be answered. */
  readonly blocked: boolean
  /** How to tell it that it was unpaired; null once it knows. */
  readonly notice: { readonly certificatePem: string; readonly address: string | null } | null
}

/** A device whose history is counted as another one's. */
export interface Merged {
  readonly id: string
  readonly into: string
  readonly since: string
}

/** Somebody who has not heard yet that it was unpaired. */
export type Owed = Pick<Member, 'id' | 'certificatePem' | 'address' | 'unpairedAt'>

export interface RosterData {
  /** This device's own name, where its owner gave one. */
  readonly ownName: string | null
  /** What the owner wants of sharing; null as long as nobody said anything. */
  readonly share: 'always' | 'off' | null
  /** The port that was taken instead of the default one. */
  readonly port: number | null
  readonly members: readonly Member[]
  readonly tombstones?: readonly Tombstone[]
  readonly merged?: readonly Merged[]
}

/** More devices than a person has; bounds what a loop of pairings can make of the document. */
export const MEMBERS_CAP = 2_000
/** More than there will ever be. */
const RIGHTS_CAP = 16

/** Whether a document is one that this version can go on with. */
export function isRoster(data: unknown): data is RosterData {
  if (typeof data !== 'object' || data === null) return false
  const { ownName, share, port, members, tombstones = [], merged = [] } = data as Record<string, unknown>
  return (
    (ownName === null || typeof ownName === 'string') &&
    (share === null || share === 'always' || share === 'off') &&
    (port === null || (Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536)) &&
    Array.isArray(members) &&
    members.length <= MEMBERS_CAP &&
    members.every(isMember) &&
    new Set(members.map(({ id }) => id)).size === members.length &&
    isListOf(tombstones, isTombstone) &&
    isListOf(merged, isMerged)
  )
}

function isListOf(value: unknown, isOne: (each: Record<string, unknown>) => boolean): boolean {
  return (
    Array.isArray(value) &&
    value.length <= 2 * MEMBERS_CAP &&
    value.every((each) => typeof each === 'object' && each !== null && isOne(each))
  )
}

function isTombstone({ id, since, blocked, notice }: Record<string, unknown>): boolean {
  if (!isId(id) || typeof since !== 'string' || typeof blocked !== 'boolean') return false
  if (typeof notice !== 'object') return false
  const { certificatePem, address } = (notice ?? { certificatePem: '', address: null }) as Record<
    string,
    unknown
  >
  return typeof certificatePem === 'string' && (address === null || typeof address === 'string')
}

function isMerged({ id, into, since }: Record<string, unknown>): boolean {
  return isId(id) && isId(into) && typeof since === 'string'
}

function isId(value: unknown): boolean {
  return /^[0-9a-f]{64}$/.test(String(value))
}

function isMember(value: unknown): value is Member {
  if (typeof value !== 'object' || value === null) return false
  const member = value as Record<string, unknown>
  const isText = (name: string) => typeof member[name] === 'string'
  const isTextOrNull = (name: string) => member[name] === null || isText(name)
  return (
    isId(member['id']) &&
    ['certificatePem', 'name', 'pairedAt'].every(isText) &&
    ['unpairedAt', 'address', 'grantHash'].every(isTextOrNull) &&
    (member['token'] === null || isToken(String(member['token']))) &&
    DIRECTIONS.some((direction) => direction === member['direction']) &&
    ['paired', 'unpaired', 'blocked'].includes(String(member['state'])) &&
    typeof member['owesNotice'] === 'boolean' &&
    ['boolean', 'undefined'].includes(typeof member['unpairedThere']) &&
    areRights(member['rights'])
  )
}

function areRights(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.length <= RIGHTS_CAP && value.every((each) => typeof each === 'string')
}
