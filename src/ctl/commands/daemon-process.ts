// The daemon as a process: whether it runs, and which program it is.
import { dirname, join } from 'node:path'
import type { Status } from '../../contract/daemon.ts'
import { call, isNoDaemon } from '../connection/rpc.ts'
import { problemsLine } from '../terminal/readiness.ts'
import type { Surrounding } from './command.ts'

/** How long a daemon may take from its start until its socket answers, in milliseconds. */
export const START_PATIENCE_MS = 20_000
/** How long the doctor of a daemon that has just started is waited for, in milliseconds. */
const DOCTOR_PATIENCE_MS = 1_500

/** The status of the daemon that runs, or null. Throws TallyError `timedOut` after `patienceMs`. */
export async function statusIfRunning(
  at: Surrounding,
  patienceMs: number = START_PATIENCE_MS,
): Promise<Status | null> {
  return call(at.paths.socket, 'daemon.status', {}, patienceMs).catch((error: unknown) => {
    if (isNoDaemon(error)) return null
    throw error
  })
}

/** `1 problem; run: tallyctl doctor` where the doctor of a daemon that has just started finds something; else nothing. */
export async function problemLines(at: Surrounding): Promise<string[]> {
  const { checks } = await call(at.paths.socket, 'doctor.run', {}, DOCTOR_PATIENCE_MS).catch(() => ({
    checks: [],
  }))
  const problems = checks.filter(({ level }) => level !== 'ok').length
  return problems === 0 ? [] : [at.screen.typed(problemsLine(problems))]
}

/** The daemon's program, which is built beside this one. */
export function daemonProgram(program: string): string {
  return join(dirname(program), '..', 'daemon', 'main.js')
}
