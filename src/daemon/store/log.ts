// The daemon's own log: JSON lines on stderr, bounded in rate and in size, without secrets. Holds nothing that
// agents wrote. pino is loaded with the first line that is written.
import { fstatSync, ftruncateSync, writeSync } from 'node:fs'
import type { Logger } from 'pino'
import { redacted } from './redaction.ts'

export interface Log {
  error(message: string, error?: unknown): void
  warn(message: string, error?: unknown): void
  info(message: string): void
  debug(message: string): void
}

/** The log as who makes it has it. */
export interface OwnLog extends Log {
  /** The least that is written from now on; `off` writes nothing, an unknown word or none means `info`. */
  setLevel(level: string | undefined): void
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof LEVELS)[number]

/** Lines in a window; more are dropped and counted. */
const WINDOW_LINES = 200
const WINDOW_MS = 60_000
/** A detached daemon's stderr is a file: it begins anew past this size, in bytes. */
const LARGEST_FILE = 4 * 1024 * 1024

/** `level` as `setLevel` takes it. */
export function createLog(level: string | undefined, now: () => number = Date.now): OwnLog {
  let floor = floorOf(level)
  let logger: Promise<Logger> | undefined
  let windowStart = 0
  let lines = 0
  let dropped = 0

  function put(at: Level, message: string, error?: unknown): void {
    if (LEVELS.indexOf(at) < floor) return
    if (now() - windowStart > WINDOW_MS) {
      const missing = dropped
      windowStart = now()
      lines = 0
      dropped = 0
      trim()
      if (missing > 0) put('warn', `${missing} lines were dropped, they came too fast`)
    }
    if (++lines > WINDOW_LINES) {
      dropped++
      return
    }
    logger ??= open()
    logger.then((pino) => (error === undefined ? pino[at](message) : pino[at]({ err: error }, message)))
  }

  return {
    error: (message, error) => put('error', message, error),
    warn: (message, error) => put('warn', message, error),
    info: (message) => put('info', message),
    debug: (message) => put('debug', message),
    setLevel(wanted) {
      floor = floorOf(wanted)
    },
  }
}

function floorOf(level: string | undefined): number {
  if (level === 'off') return LEVELS.length
  const found = LEVELS.indexOf((level ?? 'info') as Level)
  return found === -1 ? LEVELS.indexOf('info') : found
}

async function open(): Promise<Logger> {
  const { pino } = await import('pino')
  // What is below the floor does not come as far as here.
  const level = LEVELS[0]
  return pino({ base: { pid: process.pid }, level, timestamp: pino.stdTimeFunctions.isoTime }, { write })
}

/** Not pino's own destination: that one throws where nobody can catch it when the disk is full. */
function write(line: string): void {
  try {
    writeSync(2, redacted(line))
  } catch {
    // A full disk, a closed or a full pipe: the line is lost, the daemon goes on.
  }
}

function trim(): void {
  try {
    const stderr = fstatSync(2)
    if (stderr.isFile() && stderr.size > LARGEST_FILE) ftruncateSync(2, 0)
  } catch {
    // A closed stderr has nothing to trim.
  }
}
