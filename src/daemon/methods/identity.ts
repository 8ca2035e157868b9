// identity.*: who this device is, from the devices facade.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function identityHandlers(parts: Parts): HandlersOf<'identity'> {
  return {
    'identity.show': async () => ({ identity: (await parts.devices()).identity() }),
    'identity.adopt': async () => ({ adopted: await (await parts.devices()).adoptIdentity() }),
    'identity.renew': async () => {
      // With the key that they are bound to.
      await (await parts.logins()).endAll()
      return { renewed: await (await parts.devices()).renewIdentity() }
    },
  }
}
