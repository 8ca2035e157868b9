// The daemon's own log: JSON lines on stderr, bounded in rate and in size. Holds no secrets and nothing that
// agents wrote. pino is loaded with the first line that is written.
import { fstatSync, ftruncateSync, writeSync } from 'node:fs'
import type { Logger } from 'pino'

export interface Log {
  error(message: string, error?: unknown): void
  warn(message: string, error?: unknown): void
  info(message: string): void
  debug(message: string): void
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof LEVELS)[number]

/** Lines in a window; more are dropped and counted. */
const WINDOW_LINES = 200
const WINDOW_MS = 60_000
/** A detached daemon's stderr is a file: it begins anew past this size, in bytes. */
const LARGEST_FILE = 4 * 1024 * 1024

/** `level` is the least that is written; `off` writes nothing, an unknown word means `info`. */
export function createLog(level: string | undefined, now: () => number = Date.now): Log {
  const least = level === 'off' ? LEVELS.length : Math.max(0, LEVELS.indexOf((level ?? 'info') as Level))
  const floor =
    level === 'off' || LEVELS.includes((level ?? 'info') as Level) ? least : LEVELS.indexOf('info')
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
    logger ??= open(floor)
    logger.then((pino) => (error === undefined ? pino[at](message) : pino[at]({ err: error }, message)))
  }

  return {
    error: (message, error) => put('error', message, error),
    warn: (message, error) => put('warn', message, error),
    info: (message) => put('info', message),
    debug: (message) => put('debug', message),
  }
}

async function open(floor: number): Promise<Logger> {
  const { pino } = await import('pino')
  const level = LEVELS[floor] ?? 'silent'
  return pino({ base: { pid: process.pid }, level, timestamp: pino.stdTimeFunctions.isoTime }, { write })
}

/** Not pino's own destination: that one throws where nobody can catch it when the disk is full. */
function write(line: string): void {
  try {
    writeSync(2, line)
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
