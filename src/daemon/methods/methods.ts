// Every method's handler, one file a noun.
import { daemonHandlers } from './daemon.ts'
import { doctorHandlers } from './doctor.ts'
import { eventsHandlers } from './events.ts'
import type { Handlers } from './handlers.ts'
import type { Parts } from './parts.ts'
import { usageHandlers } from './usage.ts'

export function createHandlers(parts: Parts): Handlers {
  return {
    ...daemonHandlers(parts),
    ...usageHandlers(parts),
    ...eventsHandlers(),
    ...doctorHandlers(parts),
  }
}
