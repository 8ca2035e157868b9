// `tallyctl start`: starts the daemon in the background, and returns when its socket answers.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Status } from '../../contract/daemon.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { checkSocketPath } from '../connection/rpc.ts'
import type { Command, Surrounding } from './command.ts'
import { daemonProgram, statusIfRunning } from './daemon-process.ts'

/** How long a daemon may take until its socket answers, in milliseconds. */
const PATIENCE_MS = 30_000

export const start: Command = async (asked, at) => {
  if (asked.has('foreground')) return (await import('./foreground.ts')).foreground(asked, at)
  const running = await statusIfRunning(at)
  const status = running ?? (await startDetached(at))
  if (asked.has('json')) await at.screen.json(status)
  else if (running !== null) await at.screen.answer(`tallyd is running already (pid ${running.pid})`)
  else await at.screen.answer(`tallyd has started (pid ${status.pid})`)
  if (running === null && !asked.has('json'))
    await at.screen.note(at.screen.typed('what was spent: tallyctl usage all'))
  return EXIT.ok
}

async function startDetached(at: Surrounding): Promise<Status> {
  checkSocketPath(at.paths.socket)
  const log = openLog(at)
  const before = fstatSync(log).size
  const child = spawn(process.execPath, [daemonProgram(at.program)], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
  })
  child.unref()
  closeSync(log)
  let exit: number | null = null
  child.once('exit', (code) => {
    exit = code ?? EXIT.failed
  })
  child.once('error', () => {
    exit = EXIT.failed
  })
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; ) {
    const status = await statusIfRunning(at)
    if (status !== null) return status
    if (exit !== null && exit !== EXIT.alreadyRunning) throw complaintIn(at.paths.log, before)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new TallyError('timedOut', 'tallyd does not answer', `see ${at.paths.log}`)
}

// Only its owner may read what the daemon says of log folders.
function openLog({ paths }: Surrounding): number {
  try {
    mkdirSync(dirname(paths.log), { recursive: true, mode: 0o700 })
    return openSync(paths.log, 'a', 0o600)
  } catch (error) {
    throw new TallyError('stateUnwritable', `${paths.log}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

// The daemon complains in two lines, `tallyd: what` and what to do; everything else in its log is JSON.
function complaintIn(path: string, from: number): TallyError {
  const lines = readFileSync(path).subarray(from).toString('utf8').trim().split('\n')
  const at = lines.findIndex((line) => line.startsWith('tallyd: '))
  const says = lines[at]?.slice('tallyd: '.length)
  if (says === undefined) return new TallyError('internalError', 'tallyd ended at once', `see ${path}`)
  return new TallyError('internalError', `it did not start: ${says}`, lines[at + 1] ?? `see ${path}`)
}
