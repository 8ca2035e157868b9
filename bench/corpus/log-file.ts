// One log file while it is written: buffered, with the layout of its JSON, dated by its newest line.
import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const FLUSH_AT = 1 << 18

/** `spaced`: white space around every token of the JSON and CRLF line ends, which no reader may stumble over. */
export type Layout = 'compact' | 'spaced'

export class LogFile {
  readonly #path: string
  readonly #layout: Layout
  readonly #descriptor: number
  #pending: string[] = []
  #pendingLength = 0
  #written = 0
  #newest = 0
  lines = 0

  constructor(path: string, layout: Layout) {
    mkdirSync(dirname(path), { recursive: true })
    this.#path = path
    this.#layout = layout
    this.#descriptor = openSync(path, 'w')
  }

  /** Bytes so far; what is not flushed yet is counted in characters. */
  get size(): number {
    return this.#written + this.#pendingLength
  }

  /** Adds one line of compact JSON that happened `at` (ms). */
  write(line: string, at: number): void {
    const text = this.#layout === 'compact' ? line : spaced(line)
    this.#pending.push(text, '\n')
    this.#pendingLength += text.length + 1
    this.lines++
    if (at > this.#newest) this.#newest = at
    if (this.#pendingLength > FLUSH_AT) this.#flush()
  }

  /** Returns the file's size in bytes. */
  close(): number {
    this.#flush()
    closeSync(this.#descriptor)
    utimesSync(this.#path, this.#newest / 1000, this.#newest / 1000)
    return this.#written
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(''))
    writeSync(this.#descriptor, bytes)
    this.#written += bytes.length
    this.#pending = []
    this.#pendingLength = 0
  }
}

// A line break is never inside a JSON string, so every one that stringify makes can become a space.
function spaced(line: string): string {
  return `${JSON.stringify(JSON.parse(line), null, 1).replace(/\n\s*/g, ' ').replace(/": /g, '" : ')}\r`
}
