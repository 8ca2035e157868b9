// Scopes and expiries as the forms offer them.
import { SCOPE_NAMES, SCOPES, type Scope } from '../../contract/scope-words.ts'

/** Those that are asked for first; then all others, so that the owner may give more. */
export function offered(asked: readonly string[]): readonly Scope[] {
  return [
    ...SCOPE_NAMES.filter((scope) => asked.includes(scope)),
    ...SCOPE_NAMES.filter((scope) => !asked.includes(scope)),
  ]
}

/** What a scope lets its holder do; a newer daemon may know others. */
export function scopeSays(scope: string): string {
  return new Map<string, { says: string }>(Object.entries(SCOPES)).get(scope)?.says ?? ''
}

/** In seconds; 0 for none. */
export const LIFETIMES = [
  { seconds: 0, says: 'does not expire' },
  { seconds: 86_400, says: 'in a day' },
  { seconds: 2_592_000, says: 'in 30 days' },
  { seconds: 7_776_000, says: 'in 90 days' },
  { seconds: 31_536_000, says: 'in a year' },
] as const
