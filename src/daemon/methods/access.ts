// access.* and web.*: who is asking, and the way in for a browser.
import type { Whoami } from '../../contract/access.ts'
import { isOwners } from './askers.ts'
import type { AskerIdentity, HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'
import { seesNames } from './shown.ts'

export function accessHandlers(parts: Parts): HandlersOf<'access' | 'web'> {
  return {
    'access.whoami': async (_, { asker }) => ({ you: await whoami(parts, asker) }),
    'web.launch': async () => ({ launched: await parts.launch() }),
    'web.cert': async () => ({ certificate: await parts.certificate() }),
  }
}

/** What the asker is told of itself. Throws what `tokens` rejects with. */
export async function whoami(parts: Parts, asker: AskerIdentity): Promise<Whoami> {
  const device = seesNames(asker)
    ? { id: parts.devicesIfLoaded()?.self().id ?? null, name: parts.deviceName() }
    : { id: null, name: 'this device' }
  const nobody = { member: null, token: null, label: null, expiresAt: null, claimedBy: null, device }
  if (isOwners(asker)) return { ...nobody, asker: asker.kind, scopes: ['admin'] }
  const tokens = await parts.tokens()
  if (asker.kind === 'device') {
    const claimedBy = tokens.claimedBy(asker.id)
    return {
      ...nobody,
      asker: 'device',
      label: asker.name,
      scopes: [...asker.scopes],
      member: claimedBy,
      claimedBy,
    }
  }
  const row = tokens.list(asker.member).find(({ id }) => id === asker.id)
  return {
    ...nobody,
    asker: 'token',
    member: asker.member,
    token: asker.id,
    label: row?.label ?? null,
    scopes: [...asker.scopes],
    expiresAt: row?.expiresAt ?? null,
    claimedBy: row?.origin === 'login' ? asker.member : null,
  }
}
