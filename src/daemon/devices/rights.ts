// The rights that the owner gave to paired devices. Without one a device gets numbers and nothing else.
import { isRight, type Right } from '../../contract/right-words.ts'
import type { Scope } from '../../contract/scope-words.ts'
import type { Member } from './roster.ts'

/**
 * What a device with a right may let others do: a paired device sees the totals, so it may show them to others. Nothing else is its
 * own: not the metrics, and never a right to grant.
 */
const ITS_OWN: readonly Scope[] = ['usage:read', 'dashboard:read']

/** Those that are known: a newer version may have written others. */
export function rightsOf({ state, rights = [] }: Pick<Member, 'state' | 'rights'>): Right[] {
  return state === 'paired' ? rights.filter(isRight) : []
}

/** What it may ask for and grant; empty without a right. */
export function scopesOf(member: Pick<Member, 'state' | 'rights'>): Scope[] {
  const rights = rightsOf(member)
  return rights.length === 0 ? [] : [...rights, ...ITS_OWN]
}
