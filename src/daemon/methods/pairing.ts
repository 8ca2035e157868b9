// pairing.*: ceremonies, from the devices facade.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function pairingHandlers(parts: Parts): HandlersOf<'pairing'> {
  return {
    'pairing.invite': async ({ direction = 'mutual' }) => ({
      invited: await (await parts.devices()).invite(direction),
    }),
    'pairing.join': async ({ address, code, direction = 'mutual' }) => ({
      paired: await (await parts.devices()).join(address, code, direction),
    }),
    'pairing.compare': async ({ address, direction = 'mutual' }) => ({
      comparing: await (await parts.devices()).compare(address, direction),
    }),
    'pairing.cancel': async () => ({
      cancelled: { existed: (await parts.devices()).cancelInvitation() },
    }),
    'pairing.show': async () => (await parts.devices()).pairing(),
  }
}
