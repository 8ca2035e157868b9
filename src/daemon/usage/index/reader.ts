// Reads one log file from where it was left, line by line. Lines are looked over by a scanner, or by their heads, and only those that can
// tell of something are parsed: most of a log is text that nobody counts.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { UsageEvent } from '../event.ts'
import { keyOfBytes } from '../ledger/hash.ts'
import { FUTURE } from '../sources/fields.ts'
import { LINE } from '../sources/found.ts'
import type { Scanner } from '../sources/scanner.ts'
import { type AnySource, HEAD_BYTES, type Scan, type Told } from '../sources/source.ts'
import { type LogFile, reject, rewind } from './log-file.ts'

/** Fits the processor's cache, so that searching what was read costs little. */
const CHUNK = 256 << 10
/** A longer line is skipped and, if it could have told of a call, rejected. Real ones stay under 10 MB. */
export const LINE_CAP = 32 << 20
/** A last line without its line feed is looked at if it is no longer than this. */
const TAIL_CAP = 1 << 20
/** A clock that was behind makes the present look like the future: such lines are looked at again. */
const RECHECK_MS = 3_600_000
const MARK_BYTES = 256
const [LINE_FEED, CARRIAGE_RETURN, SPACE, TAB, OPEN, CLOSE] = [10, 13, 32, 9, 123, 125]

export type Sink = (event: UsageEvent) => void

export interface ReadContext {
  readonly source: AnySource
  readonly now: number
  readonly sink: Sink
}

export class LogReader {
  readonly #scanner: Scanner | null
  #buffer: Buffer

  /** With a scanner lines are looked over several times as fast, once it is there. */
  constructor(scanner: Scanner | null = null) {
    this.#scanner = scanner
    this.#buffer = this.#room(CHUNK)
  }

  /**
   * Reads `file` to its end and brings it up to date; yields the number of bytes after each chunk, so that the caller may
   * let others run. Throws the system's error if the file cannot be opened or read; what was read until then counts.
   */
  *read(file: LogFile, context: ReadContext): Generator<number, void, void> {
    const fd = openSync(file.path, 'r')
    try {
      const stat = fstatSync(fd)
      if (!this.#isSameFile(fd, file, stat.ino, stat.size)) rewind(file)
      const pass = new Pass(file, context, this.#scanner)
      yield* this.#lines(fd, pass)
      file.ino = stat.ino
      file.mtimeMs = stat.mtimeMs
      file.size = Math.max(stat.size, file.offset)
      file.mark = this.#markOf(fd, file.offset)
    } finally {
      closeSync(fd)
      if (this.#buffer.length > 4 * CHUNK) this.#buffer = this.#room(CHUNK)
    }
  }

  *#lines(fd: number, pass: Pass): Generator<number, void, void> {
    let have = 0
    let skipping = false
    for (;;) {
      if (have === this.#buffer.length) {
        if (have >= LINE_CAP) {
          pass.beginLong(this.#buffer)
          skipping = true
          have = 0
        } else this.#grow()
      }
      const room = this.#buffer.length - have
      const read = readSync(fd, this.#buffer, have, room, pass.position + have)
      if (read === 0) break
      have += read
      let used = 0
      if (skipping) {
        used = pass.skipLong(this.#buffer.subarray(0, have))
        skipping = used === 0
        if (skipping) {
          have = 0
          yield read
          continue
        }
      }
      used = pass.lines(this.#buffer, used, have)
      this.#buffer.copyWithin(0, used, have)
      have -= used
      yield read
      if (read < room) break
    }
    if (!skipping) pass.tail(this.#buffer.subarray(0, have))
  }

  #grow(): void {
    const smaller = this.#buffer
    this.#buffer = this.#room(Math.min(smaller.length * 4, LINE_CAP))
    if (this.#scanner === null) smaller.copy(this.#buffer)
  }

  /** The scanner's grows in place. */
  #room(bytes: number): Buffer {
    return this.#scanner === null ? Buffer.allocUnsafe(bytes) : this.#scanner.room(bytes)
  }

  /** Another inode, fewer bytes, or other bytes where we stopped: it was replaced or truncated. */
  #isSameFile(fd: number, file: LogFile, ino: number, size: number): boolean {
    if (file.offset === 0) return true
    if (ino !== file.ino || size < file.offset) return false
    return this.#markOf(fd, file.offset) === file.mark
  }

  #markOf(fd: number, offset: number): number {
    const length = Math.min(MARK_BYTES, offset)
    const bytes = Buffer.alloc(2 * length)
    readSync(fd, bytes, 0, length, 0)
    readSync(fd, bytes, length, length, offset - length)
    return keyOfBytes(bytes).a
  }
}

/** One walk over a file's lines: decides which are parsed, keeps the memory, tells the events. */
class Pass {
  /** Offset in the file of the buffer's first byte. */
  position: number
  readonly #file: LogFile
  readonly #context: ReadContext
  readonly #scanner: Scanner | null
  #memory: unknown
  #longWanted = false

  /** A scanner's room is what the lines are in. */
  constructor(file: LogFile, context: ReadContext, scanner: Scanner | null) {
    this.#file = file
    this.#context = context
    this.#scanner = scanner
    this.position = file.offset
    this.#memory = file.memory ?? context.source.begin(file.path)
  }

  /** Takes all complete lines between `start` and `have`; returns where the incomplete rest begins. */
  lines(bytes: Buffer, start: number, have: number): number {
    const file = this.#file
    const behind = Math.max(start, bytes.lastIndexOf(LINE_FEED, have - 1) + 1)
    const { scan } = this.#context.source
    if (this.#scanner === null || scan === undefined) this.#parseLines(bytes, start, behind)
    else this.#scanLines(this.#scanner, scan, bytes, start, behind)
    this.position += behind
    file.offset = this.position
    file.memory = this.#memory
    return behind
  }

  #parseLines(bytes: Buffer, start: number, behind: number): void {
    for (let from = start; from < behind; ) {
      const end = bytes.indexOf(LINE_FEED, from)
      this.#file.lines++
      this.#line(bytes, from, end)
      from = end + 1
    }
  }

  #scanLines(
    scanner: Scanner,
    { form, told }: Scan<unknown>,
    bytes: Buffer,
    start: number,
    behind: number,
  ): void {
    const file = this.#file
    for (let from = start; from < behind; ) {
      const before = file.lines
      from = scanner.scan(form, from, behind, this.#context.now)
      const { found, lines } = scanner
      while (found.next()) {
        file.lines = before + found.line
        if (found.kind === LINE) this.#line(bytes, found.word(2), found.word(3))
        else this.#take(told(found, this.#memory))
      }
      file.lines = before + lines
    }
  }

  #line(bytes: Buffer, from: number, end: number): void {
    if (!this.#isObject(bytes, from, end)) {
      if (end > from && bytes.toString('latin1', from, end).trim() !== '')
        reject(this.#file, 'not a JSON object', this.#file.lines)
    } else if (this.#wants(bytes, from, end)) {
      this.#take(this.#context.source.read(bytes.toString('latin1', from, end), this.#memory, this.#context))
    }
  }

  /** A last line that lacks its line feed counts already if it is whole; it is read again once the line feed comes. */
  tail(bytes: Buffer): void {
    if (bytes.length === 0 || bytes.length > TAIL_CAP) return
    if (!this.#isObject(bytes, 0, bytes.length) || !this.#wants(bytes, 0, bytes.length)) return
    const { source, now, sink } = this.#context
    const told = source.read(bytes.toString('latin1'), this.#memory, { now })
    if (told.rejected === undefined) for (const event of told.events) this.#tell(event, sink)
  }

  /** The marker of a line this long is within its first 32 MiB or it is not believed to be there. */
  beginLong(bytes: Buffer): void {
    this.#longWanted = this.#wants(bytes, 0, bytes.length)
    this.position += bytes.length
  }

  /** Passes over a line that is too long; returns where the next one begins, 0 while it goes on. */
  skipLong(bytes: Buffer): number {
    const end = bytes.indexOf(LINE_FEED)
    if (end < 0) {
      this.position += bytes.length
      return 0
    }
    this.#file.lines++
    if (this.#longWanted) reject(this.#file, `longer than ${LINE_CAP >> 20} MiB`, this.#file.lines)
    return end + 1
  }

  #wants(bytes: Buffer, from: number, end: number): boolean {
    const { source } = this.#context
    const verdict = source.sort(bytes.toString('latin1', from, Math.min(end, from + HEAD_BYTES)))
    return verdict === 'read' || (verdict === 'search' && bytes.subarray(from, end).includes(source.marker))
  }

  #isObject(bytes: Buffer, from: number, end: number): boolean {
    let first = from
    let last = end - 1
    while (first < last && isBlank(bytes[first]!)) first++
    while (last > first && isBlank(bytes[last]!)) last--
    return bytes[first] === OPEN && bytes[last] === CLOSE
  }

  #take(told: Told<unknown>): void {
    const { now, sink } = this.#context
    this.#memory = told.memory
    if (told.rejected !== undefined) {
      reject(this.#file, told.rejected, this.#file.lines)
      if (told.rejected === FUTURE) this.#file.recheckAt = now + RECHECK_MS
    }
    for (const event of told.events) this.#tell(event, sink)
  }

  #tell(event: UsageEvent, sink: Sink): void {
    if (event.kind === 'call' && event.at > this.#file.newestAt) this.#file.newestAt = event.at
    sink(event)
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN
}
