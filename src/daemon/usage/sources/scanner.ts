// Looks over the lines of a log for what counts, several times as fast as parsing them: the code is in src/scanner. Only who reads
// gigabytes has one; a daemon that follows its logs parses the few lines that come.
import { Found } from './found.ts'
import { SCANNER_MODULE } from './generated/scanner-module.ts'

/** Which lines the scanner knows. */
export type ScanForm = 'claude' | 'codex'

/** src/scanner/layout.ts. */
const [FOUND, FOUND_END, WINDOW] = [64 << 10, 192 << 10, 256 << 10]
const PAGE = 64 << 10
/** It looks at a few bytes behind a line. */
const BEHIND = 64

/** What is used of it: Node's own types leave it to those of browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: object }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  claude(from: number, end: number, now: number): number
  codex(from: number, end: number, now: number): number
  foundBytes(): number
  lineCount(): number
}

export class Scanner {
  readonly #exports: Exports
  #window: Buffer = Buffer.alloc(0)
  #found: Found | null = null

  /** Throws what the engine says where it cannot run the module: without SIMD, without a just-in-time compiler, without address space. */
  constructor() {
    const module = new WebAssembly.Module(Buffer.from(SCANNER_MODULE, 'base64'))
    this.#exports = new WebAssembly.Instance(module).exports as Exports
  }

  /** Null where there can be none: then every line is parsed, which is slower and comes to the same. */
  static ifPossible(): Scanner | null {
    try {
      return new Scanner()
    } catch {
      return null
    }
  }

  /** Room for `bytes` of a log; what was in the room before is in it still. A room from an earlier call is of no use any more. */
  room(bytes: number): Buffer {
    const { memory } = this.#exports
    const lacks = WINDOW + bytes + BEHIND - memory.buffer.byteLength
    if (lacks > 0) memory.grow(Math.ceil(lacks / PAGE))
    if (lacks > 0 || this.#found === null) {
      const words = (FOUND_END - FOUND) >> 2
      this.#found = new Found(
        new Uint32Array(memory.buffer, FOUND, words),
        new Float64Array(memory.buffer, FOUND, words >> 1),
      )
    }
    this.#window = Buffer.from(memory.buffer, WINDOW, bytes)
    this.#found.bytes = this.#window
    return this.#window
  }

  /**
   * Scans the lines between two places in the room, the last of which ends with a line feed there, and returns where it stopped, since
   * it can only keep so much at once. What it found is in `found`.
   */
  scan(form: ScanForm, from: number, end: number, now: number): number {
    const stopped = this.#exports[form](from, end, now)
    this.found.begin(this.#exports.foundBytes() >> 2)
    return stopped
  }

  /** What the last scan found. */
  get found(): Found {
    if (this.#found === null) throw new Error('there is no room yet')
    return this.#found
  }

  /** Lines of the last scan. */
  get lines(): number {
    return this.#exports.lineCount()
  }
}
