// `tallyctl stop`: ends the daemon and returns when its process is gone.
import { readFileSync } from 'node:fs'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import { Elsewhere, isNoDaemon, Misunderstood } from '../connection/errors.ts'
import type { Command } from './command.ts'

/** How long a daemon may take to write its checkpoint and end, in milliseconds. */
const PATIENCE_MS = 30_000

/** How long one whose answer is not understood may take until nobody answers any more, in milliseconds. */
const UNKNOWN_PATIENCE_MS = 3_000

export const stop: Command = async (asked, at) => {
  const { daemon } = at
  const result = await daemon.call('daemon.stop', {}).catch((error: unknown) => {
    if (error instanceof Elsewhere) throw error
    if (isNoDaemon(error)) return null
    // One of another version may have been stopped all the same, which is what is advised.
    if (error instanceof Misunderstood) return untilAbsent(daemon, error)
    throw error
  })
  if (result === 'absent') {
    await at.screen.note('tallyd has stopped')
    return EXIT.ok
  }
  if (result === null) {
    // Who wants it stopped needs no advice on how to start it.
    await at.screen.note('tallyctl: tallyd is not running')
    return EXIT.noDaemon
  }
  const { pid } = result.stopped
  await untilGone(pid, PATIENCE_MS)
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`tallyd has stopped (pid ${pid})`)
  return EXIT.ok
}

/** Returns when nobody answers on the socket. Throws `otherwise` where somebody still does after a while. */
async function untilAbsent(daemon: Daemon, otherwise: Error): Promise<'absent'> {
  const deadline = performance.now() + UNKNOWN_PATIENCE_MS
  while (performance.now() < deadline) {
    const error = await daemon.callAny('daemon.status', {}, UNKNOWN_PATIENCE_MS).catch((why: unknown) => why)
    if (isNoDaemon(error)) return 'absent'
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw otherwise
}

/** How long the parent of an ended process may take to notice, in milliseconds; in containers some never do. */
const UNNOTICED_MS = 500

/** Returns when the process is gone. Throws TallyError `timedOut` when that takes longer than `patienceMs`. */
export async function untilGone(pid: number, patienceMs: number): Promise<void> {
  const began = performance.now()
  let endedAt: number | null = null
  while (exists(pid)) {
    const now = performance.now()
    if (endedAt === null && isZombie(pid)) endedAt = now
    if (endedAt !== null && now - endedAt > UNNOTICED_MS) return
    if (now - began > patienceMs) {
      throw new TallyError('timedOut', `pid ${pid} is still there`, `look at it: ps -p ${pid}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Ended, but not yet waited for by its parent: it holds nothing any more but its number. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] === 'Z'
  } catch {
    return false
  }
}
