// What each identity mode shows of whose account it is. docs/snapshot.md has a table that is made from this.
import type { IdentityMode } from '../../contract/identity-modes.ts'

export interface AccountFacts {
  /** Null where it is not known or not read. */
  readonly email: string | null
  readonly plan: string | null
}

/** Mail providers for the public: that somebody has an address there says nothing of who it is. */
export const PUBLIC_MAIL_DOMAINS: ReadonlySet<string> = new Set([
  'aol.com',
  'fastmail.com',
  'gmail.com',
  'gmx.com',
  'gmx.de',
  'gmx.net',
  'googlemail.com',
  'hey.com',
  'hotmail.com',
  'icloud.com',
  'live.com',
  'mac.com',
  'mail.com',
  'mail.ru',
  'me.com',
  'msn.com',
  'naver.com',
  'outlook.com',
  'pm.me',
  'proton.me',
  'protonmail.com',
  'qq.com',
  'web.de',
  'yahoo.com',
  'yandex.com',
  'yandex.ru',
  'zoho.com',
  '163.com',
])

/** Null where nothing may be shown, or nothing is known. */
export function identityShown(
  { email, plan }: AccountFacts,
  mode: IdentityMode,
): { accountEmail: string | null; plan: string | null } | null {
  if (mode === 'none' || (email === null && plan === null)) return null
  return { accountEmail: mode === 'full' ? email : redacted(email), plan }
}

/** `redacted@gmail.com`; a domain that is somebody's own would tell who it is. RFC 2606 §2 reserves `.invalid`. */
function redacted(email: string | null): string | null {
  if (email === null) return null
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  return `redacted@${PUBLIC_MAIL_DOMAINS.has(domain) ? domain : 'redacted.invalid'}`
}
