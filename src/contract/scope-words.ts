// What tokens may do, as plain words without TypeBox, because programs bundle them.

export const SCOPES = {
  'usage:read': { says: 'see the totals of every device' },
  'dashboard:read': { says: 'see the snapshot that displays show' },
  'metrics:read': { says: 'scrape the metrics' },
  'requests:approve': { says: 'answer those who want to enrol' },
  admin: { says: 'all of these, and manage members and tokens' },
} as const satisfies Readonly<Record<string, { readonly says: string }>>

export type Scope = keyof typeof SCOPES

export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[]

/** What only the owner can grant. */
const OWNERS: readonly Scope[] = ['admin', 'requests:approve']

export function isScope(word: string): word is Scope {
  return Object.hasOwn(SCOPES, word)
}

/** Whether who holds `held` may do what needs `needed`. */
export function covers(held: readonly Scope[], needed: Scope): boolean {
  return held.includes(needed) || held.includes('admin')
}

/** Whether who holds `held` and is not the owner may grant `scope`: never more than it has, never a right to grant. */
export function mayGrant(held: readonly Scope[], scope: Scope): boolean {
  return covers(held, scope) && !OWNERS.includes(scope)
}

/** What a token needs to subscribe to an event; those that are not here are for the owner and launches alone. */
export const EVENT_SCOPES = {
  'usage.changed': 'usage:read',
  'budgets.changed': 'usage:read',
  'quotas.changed': 'usage:read',
  'requests.changed': 'requests:approve',
  'audit.added': 'admin',
} as const satisfies Readonly<Record<string, Scope>>
