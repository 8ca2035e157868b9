// What a handler may know of who asks: whether it is the owner, and how it is called in records.
import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { Approver } from '../access/access.ts'
import type { AskerIdentity } from './handlers.ts'

/** The owner, on the control socket or in a browser that the owner opened. */
export function isOwners(
  asker: AskerIdentity,
): asker is Extract<AskerIdentity, { readonly kind: 'owner' | 'launch' }> {
  return asker.kind === 'owner' || asker.kind === 'launch'
}

/** `owner`, `launch`, `token ID`, `device ID`; in records and as who made a token. */
export function askerWords(asker: AskerIdentity): string {
  return isOwners(asker) ? asker.kind : `${asker.kind} ${asker.id}`
}

/** The most that it is shown of whose numbers they are. */
export function identityOf(asker: AskerIdentity): IdentityMode {
  return isOwners(asker) ? 'full' : asker.kind === 'token' ? asker.identity : 'none'
}

export function approverOf(asker: AskerIdentity): Approver {
  const [by, identity] = [askerWords(asker), identityOf(asker)]
  switch (asker.kind) {
    case 'owner':
      return { by, identity, scopes: null, device: null, token: null, address: null }
    case 'launch':
      return { by, identity, scopes: null, device: null, token: null, address: asker.address }
    case 'device':
      return { by, identity, scopes: asker.scopes, device: asker.id, token: null, address: asker.address }
    case 'token':
      return { by, identity, scopes: asker.scopes, device: null, token: asker.id, address: asker.address }
  }
}
