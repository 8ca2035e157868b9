// The daemon as a process: whether it runs, and which program it is.
import { dirname, join } from 'node:path'
import type { Status } from '../../contract/daemon.ts'
import { TallyError } from '../../contract/errors.ts'
import { makeFolder, unmakeable } from '../../contract/folder.ts'
import { isNoDaemon } from '../connection/errors.ts'
import { problemsLine } from '../terminal/readiness.ts'
import { clean } from '../terminal/text.ts'
import type { Surrounding } from './command.ts'
import { versionOf } from './version.ts'

/** How long a daemon may take from its start until its socket answers, in milliseconds. */
export const START_PATIENCE_MS = 20_000
/** How long the doctor of a daemon that has just started is waited for, in milliseconds. */
const DOCTOR_PATIENCE_MS = 1_500

/** The status of the daemon that runs, or null. Throws TallyError `timedOut` after `patienceMs`. */
export async function statusIfRunning(
  at: Surrounding,
  patienceMs: number = START_PATIENCE_MS,
): Promise<Status | null> {
  return at.daemon.call('daemon.status', {}, patienceMs).catch((error: unknown) => {
    if (isNoDaemon(error)) return null
    throw error
  })
}

/**
 * `1 problem; run: tallyctl doctor` where the doctor of a daemon that has just started finds something; else nothing.
 * Waits a moment for the first index, because before it is done nobody knows whether there are logs.
 */
export async function problemLines(at: Surrounding): Promise<string[]> {
  const deadline = performance.now() + DOCTOR_PATIENCE_MS
  const left = () => Math.max(1, deadline - performance.now())
  try {
    let { ready } = await at.daemon.call('daemon.status', {}, left())
    while (!ready && left() > 100) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      ready = (await at.daemon.call('daemon.status', {}, left())).ready
    }
    const { checks } = await at.daemon.call('doctor.run', {}, Math.max(100, left()))
    const wrong = checks.filter(({ level, subject }) => level !== 'ok' && (ready || subject !== 'sources'))
    return wrong.length === 0 ? [] : [at.screen.typed(problemsLine(wrong.length))]
  } catch {
    // The daemon has started, which is what was asked; the doctor can be asked again.
    return []
  }
}

/** Says what to do where the daemon is not of this installation's version: after an upgrade the old one goes on until it is restarted. */
export async function noteOtherVersion({ version }: Status, { program, screen }: Surrounding): Promise<void> {
  const own = versionOf(program)
  if (version === own) return
  const next = screen.typed('tallyctl stop && tallyctl start')
  await screen.note(`tallyd ${clean(version)} runs, this is tallyctl ${own}; for one version: ${next}`)
}

/** Makes a folder that the start needs; `another` is what makes it another. Throws TallyError `badHome` or `stateUnwritable`. */
export function requireFolder(folder: string, another?: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    const { isFile, says, next } = unmakeable(folder, error, another)
    throw new TallyError(isFile ? 'badHome' : 'stateUnwritable', says, next)
  }
}

/** The daemon's program, which is built beside this one. */
export function daemonProgram(program: string): string {
  return join(dirname(program), '..', 'daemon', 'main.js')
}
