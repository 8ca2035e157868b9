// `tallyctl start`: starts the daemon in the background, and returns when its socket answers.
import { spawn } from 'node:child_process'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Status } from '../../contract/daemon.ts'
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import { checkSocketPath } from '../connection/control-socket.ts'
import { isPassing } from '../connection/errors.ts'
import { duration } from '../terminal/figures.ts'
import type { Command, Surrounding } from './command.ts'
import {
  daemonProgram,
  noteOtherVersion,
  problemLines,
  requireFolder,
  START_PATIENCE_MS,
  statusIfRunning,
} from './daemon-process.ts'

/** How long another daemon, which has the lock, may take to answer, in milliseconds: longer than one takes to end. */
const OTHER_PATIENCE_MS = 6_000

/** Why a daemon says that it does not start. */
const STARTS_NOT = ['badHome', 'newerState', 'stateUnwritable', 'alreadyRunning'] as const

export const start: Command = async (asked, at) => {
  if (asked.has('foreground')) return (await import('./foreground.ts')).foreground(asked, at)
  const running = await statusIfRunning(at)
  const status = running ?? (await startSupervised(at)) ?? (await startDetached(at))
  if (asked.has('json')) await at.screen.json(status)
  else if (running !== null) {
    await at.screen.answer(`tallyd is running already (pid ${running.pid})`)
    await noteOtherVersion(running, at)
  } else await at.screen.answer(`tallyd has started (pid ${status.pid})`)
  if (running !== null) return EXIT.ok
  const hint = asked.has('json') ? [] : [at.screen.typed('what was spent: tallyctl usage all')]
  const notes = [...(await problemLines(at)), ...hint]
  if (notes.length > 0) await at.screen.note(...notes)
  return EXIT.ok
}

/** Where a service is installed it is that which is started: two ways to start would be two daemons. Null where none is. */
async function startSupervised(at: Surrounding): Promise<Status | null> {
  const { supervisorInCharge } = await import('../service/supervisor.ts')
  const supervisor = supervisorInCharge(at)
  if (supervisor === null) return null
  await supervisor.start()
  return at.daemon.call('daemon.status', {})
}

/** Starts it and returns its first status. Throws TallyError, `timedOut` after `patienceMs`; then nothing is left running. */
export async function startDetached(at: Surrounding, patienceMs = START_PATIENCE_MS): Promise<Status> {
  checkSocketPath(at.paths)
  const log = openLog(at)
  const before = fstatSync(log).size
  const child = spawn(process.execPath, [daemonProgram(at.program)], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
    env: { ...at.env },
  })
  child.unref()
  closeSync(log)
  let exit: number | null = null
  let giveUpAt = Number.POSITIVE_INFINITY
  child.once('exit', (code) => {
    exit = code ?? EXIT.failed
    // Another one that has just been started too answers soon.
    giveUpAt = performance.now() + (exit === EXIT.alreadyRunning ? OTHER_PATIENCE_MS : 0)
  })
  child.once('error', () => {
    exit = EXIT.failed
    giveUpAt = 0
  })
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; ) {
    const left = Math.max(1, deadline - performance.now())
    const status = await statusIfRunning(at, left).catch((error: unknown) => {
      if (isPassing(error)) return null
      throw error
    })
    if (status !== null) return status
    if (exit !== null && performance.now() >= giveUpAt) throw complaintIn(at.paths.log, before)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  child.kill('SIGKILL')
  throw new TallyError(
    'timedOut',
    `tallyd did not answer in ${duration(patienceMs)}`,
    `its log is ${at.paths.log}`,
  )
}

// Only its owner may read what the daemon says of log folders.
function openLog({ paths }: Surrounding): number {
  requireFolder(dirname(paths.log))
  try {
    // Not through a link: what is written here must not land in a file of another's choice.
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
    return openSync(paths.log, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600)
  } catch (error) {
    throw new TallyError(
      'stateUnwritable',
      `${paths.log} cannot be written (${(error as NodeJS.ErrnoException).code})`,
    )
  }
}

// The daemon complains in two lines, `tallyd: what` and what to do; everything else in its log is JSON.
function complaintIn(path: string, from: number): TallyError {
  const log = readFileSync(path)
  // One that was too large began anew meanwhile.
  const said = log.length < from ? log : log.subarray(from)
  const lines = said.toString('utf8').trim().split('\n')
  const at = lines.findIndex((line) => line.startsWith('tallyd: '))
  const says = lines[at]?.slice('tallyd: '.length)
  if (says === undefined) return new TallyError('internalError', 'tallyd ended at once', `its log is ${path}`)
  const error = STARTS_NOT.find((name) => says.startsWith(ERRORS[name].says)) ?? 'internalError'
  const specific = says.replace(`${ERRORS.badHome.says}: `, '')
  return TallyError.saying(error, `tallyd did not start: ${specific}`, lines[at + 1] ?? `its log is ${path}`)
}
