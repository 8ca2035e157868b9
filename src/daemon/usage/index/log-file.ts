// What is known of one log file: how far it was read, what has to be remembered for its next line, and a check that
// it is still the file that was read.

/** First line of each kind that could not be counted. */
export interface Rejections {
  [reason: string]: { lines: number; firstLine: number }
}

export interface LogFile {
  readonly path: string
  readonly agent: string
  /** Inode, size in bytes and modification time (Unix ms) when it was read last. */
  ino: number
  size: number
  mtimeMs: number
  /** Bytes read: the end of the last complete line. */
  offset: number
  /** Fingerprint of what lies around: the head and the bytes before `offset`. */
  mark: number
  lines: number
  rejected: Rejections | null
  /** The source's memory behind `offset`; null before the first line, or while it rests in the checkpoint. */
  memory: unknown
  /** Where the memory rests in the checkpoint, as JSON; null if it does not. */
  resting: { readonly at: number; readonly bytes: number } | null
  /** When to read it anew, since it told of a future that may have come by then, Unix ms; 0 for never. */
  recheckAt: number
  /** Latest time told, Unix ms; 0 for none. */
  newestAt: number
}

export function newLogFile(path: string, agent: string): LogFile {
  return {
    path,
    agent,
    ino: 0,
    size: 0,
    mtimeMs: 0,
    offset: 0,
    mark: 0,
    lines: 0,
    rejected: null,
    memory: null,
    resting: null,
    recheckAt: 0,
    newestAt: 0,
  }
}

/** Back to before the first line; what was counted stays counted, since every event may be told again. */
export function rewind(file: LogFile): void {
  file.offset = 0
  file.mark = 0
  file.lines = 0
  file.rejected = null
  file.memory = null
  file.resting = null
  file.recheckAt = 0
}

export function reject(file: LogFile, reason: string, line: number): void {
  file.rejected ??= Object.create(null) as Rejections
  const known = file.rejected[reason]
  if (known === undefined) file.rejected[reason] = { lines: 1, firstLine: line }
  else known.lines++
}

export function rejectedLines(file: LogFile): number {
  if (file.rejected === null) return 0
  return Object.values(file.rejected).reduce((sum, { lines }) => sum + lines, 0)
}
