// discovery.*: who is on the local network, from the devices facade.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

/** Answers on a local network come within a fraction of this, in milliseconds. */
const ANSWERS_MS = 1_200

export function discoveryHandlers(parts: Parts): HandlersOf<'discovery'> {
  return {
    'discovery.look': async () => {
      const devices = await parts.devices()
      await devices.look()
      await sleep(ANSWERS_MS)
      const known = new Map(devices.list().map((facts) => [facts.id, facts.name]))
      const found = devices.found().map(({ id, name, shortId, addresses, openForPairing }) => ({
        id,
        name: (id === null ? null : known.get(id)) ?? name,
        shortId: id?.slice(0, 8) ?? shortId,
        addresses: [...addresses],
        openForPairing,
      }))
      return { found }
    },
  }
}
