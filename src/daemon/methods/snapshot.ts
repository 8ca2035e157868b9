// views.snapshot: what displays are shown, as far as the asker may see whose it is.
import { type IdentityMode, isIdentityMode, lesserIdentity } from '../../contract/identity-modes.ts'
import { identityOf } from './askers.ts'
import type { AskerIdentity, Handlers } from './handlers.ts'
import type { Parts } from './parts.ts'

export function snapshotHandlers({ views }: Parts): Pick<Handlers, 'views.snapshot'> {
  return {
    'views.snapshot': async ({ identity, view }, { asker }) =>
      (await views()).snapshots.value(identityFor(asker, identity), view === 'mini' ? 'mini' : 'full'),
  }
}

/** The mode of the asker, or the one that was asked for if it shows less. */
export function identityFor(asker: AskerIdentity, asked: string | undefined): IdentityMode {
  const own = identityOf(asker)
  return asked !== undefined && isIdentityMode(asked) ? lesserIdentity(own, asked) : own
}
