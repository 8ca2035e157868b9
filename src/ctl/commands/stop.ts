// `tallyctl stop`: ends the daemon and returns when its process is gone.
import { readFileSync } from 'node:fs'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { call } from '../connection/rpc.ts'
import type { Command } from './command.ts'

/** How long a daemon may take to write its checkpoint and end, in milliseconds. */
const PATIENCE_MS = 30_000

export const stop: Command = async (asked, at) => {
  const result = await call(at.paths.socket, 'daemon.stop', {})
  const { pid } = result.stopped
  await untilGone(pid, PATIENCE_MS)
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`tallyd has stopped (pid ${pid})`)
  return EXIT.ok
}

/** Returns when the process is gone. Throws TallyError `timedOut` when that takes longer than `patienceMs`. */
export async function untilGone(pid: number, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      throw new TallyError('timedOut', `pid ${pid} is still there`, `look at it: ps -p ${pid}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A process that ended but was not waited for by its parent (a zombie) is gone for us. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch {
    return false
  }
}
