// sharing.*: the LAN listener, from the devices facade.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function sharingHandlers(parts: Parts): HandlersOf<'sharing'> {
  return {
    'sharing.show': async () => ({ sharing: (await parts.devices()).sharing() }),
    'sharing.set': async ({ mode, seconds }) => ({
      sharing: await (await parts.devices()).share(mode, seconds),
    }),
  }
}
