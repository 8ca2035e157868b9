// The daemon's own log: JSON lines on stderr, bounded in rate and in size, without secrets. Holds nothing that
// agents wrote. pino is loaded with the first line that is written.
import { writeSync } from 'node:fs'
import type { Logger } from 'pino'
import { type LogPaths, trimStderr } from './log-file.ts'
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
/** Characters of a line; of a longer one its beginning is written. */
const LONGEST_LINE = 16 * 1024

interface LogContext {
  /** Where a detached daemon's log lies; stderr may be another file, or none. */
  readonly paths?: LogPaths
  /** Told of every error, whether its line is written or not. */
  readonly met?: (error: unknown) => void
  /** Milliseconds of a clock that nobody sets: one that is set back would drop lines for as long. */
  readonly ticks?: () => number
}

/** `level` as `setLevel` takes it. */
export function createLog(
  level: string | undefined,
  { paths, met, ticks = () => performance.now() }: LogContext = {},
): OwnLog {
  let floor = floorOf(level)
  let logger: Promise<Logger> | undefined
  let windowStart = ticks()
  let lines = 0
  let dropped = 0

  function put(at: Level, message: string, error?: unknown): void {
    if (error !== undefined) met?.(error)
    if (LEVELS.indexOf(at) < floor) return
    if (ticks() - windowStart > WINDOW_MS) {
      const missing = dropped
      windowStart = ticks()
      lines = 0
      dropped = 0
      trimStderr(paths)
      if (missing > 0) put('warn', `${missing} lines were dropped, they came too fast`)
    }
    if (++lines > WINDOW_LINES) {
      dropped++
      return
    }
    logger ??= open()
    logger.then((pino) => (error === undefined ? pino[at](message) : pino[at]({ err: error }, message)))
  }

  // At each start too: of a daemon that is started again and again none may live as long as a window.
  trimStderr(paths)

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
  // Other programs have one more, which says everything.
  const found = LEVELS.indexOf((level === 'trace' ? 'debug' : (level ?? 'info')) as Level)
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
    writeSync(2, bounded(redacted(line)))
  } catch {
    // A full disk, a closed or a full pipe: the line is lost, the daemon goes on.
  }
}

/** An error of a library may carry all that it was given. Still a line of JSON, after what is secret was left out. */
function bounded(line: string): string {
  if (line.length <= LONGEST_LINE) return line
  const start = line.slice(0, LONGEST_LINE / 4)
  const { level, time, pid, msg } = partsOf(line)
  return `${JSON.stringify({ level, time, pid, msg: String(msg).slice(0, LONGEST_LINE / 4), characters: line.length, start })}\n`
}

/** What was left out may have taken a quote with it. */
function partsOf(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return { level: 40, pid: process.pid, msg: 'a line that is too long' }
  }
}
