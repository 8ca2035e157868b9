// Follows a daemon through its restarts: an upgrade, a crash or a new config must take numbers from nobody who watches.
import { TallyError } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/events.ts'
import type { Daemon } from './daemon.ts'
import { isBusy, isNoDaemon } from './errors.ts'
import type { Listeners } from './way.ts'

/** How long an ended daemon is waited for, in milliseconds: its orderly end and its start take less. */
const RETURN_MS = 15_000
/** Between two tries, in milliseconds. */
const AGAIN_MS = 100

export interface Following {
  readonly subscriptions: readonly Subscribe[]
  readonly listeners: Listeners
  /** It has ended, and is waited for. */
  readonly away: () => void
  /** Shorter in tests. */
  readonly returnMs?: number
}

/**
 * As `daemon.listen`, and again whenever the daemon ends and is back soon. Never resolves: throws what `listen` throws, of an end only
 * after a while; a daemon that is not there at first is not waited for.
 */
export async function follow(daemon: Daemon, following: Following): Promise<never> {
  const { subscriptions, listeners, away, returnMs = RETURN_MS } = following
  /** Whether a value came over this connection. */
  let isHeard = false
  let waited: { readonly until: number; readonly end: unknown } | null = null
  const heard = Object.fromEntries(
    Object.entries(listeners).map(([event, listener]) => [
      event,
      (value: never) => {
        isHeard = true
        listener(value)
      },
    ]),
  ) as Listeners
  for (;;) {
    const error: unknown = await daemon.listen(subscriptions, heard).catch((why: unknown) => why)
    // One that is back and ends again at once is not waited for anew.
    const isNewEnd = isHeard && (waited === null || performance.now() > waited.until)
    if (isHeard && hasEnded(error)) away()
    isHeard = false
    if (isNewEnd && hasEnded(error)) waited = { until: performance.now() + returnMs, end: error }
    else if (waited === null || !(hasEnded(error) || isBusy(error))) throw error
    else if (performance.now() > waited.until) throw hasEnded(error) ? waited.end : error
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Here nobody listens on the socket any more; elsewhere the connection ended. */
function hasEnded(error: unknown): boolean {
  return isNoDaemon(error) || (error instanceof TallyError && error.error === 'unreachable')
}
