// One HTTP/1.1 answer, put together from pieces of any size. Reads content-length, chunked, and bodies that end with
// the connection; nothing else. Costs as much as its bytes, however they are cut, and keeps a bounded number of them.
import { NoAnswer } from './no-answer.ts'

/** The longest answer of a daemon that is taken, in bytes. */
const LONGEST_ANSWER = 64 * 1024 * 1024
const LONGEST_HEAD = 64 * 1024
/** The longest line with a chunk's size and what else may stand there, in bytes. */
const LONGEST_LINE = 4 * 1024
const [CARRIAGE_RETURN, LINE_FEED] = [13, 10]

export interface HttpAnswer {
  readonly status: number
  readonly body: string
  /** RFC 9110 §10.2.3, in seconds; absent where it was not said, or as a date. */
  readonly retryAfter?: number
}

type Stage = 'head' | 'sized' | 'until-end' | 'chunk-size' | 'chunk' | 'chunk-end'

/** Collects the bytes of one answer; `add` returns it as soon as it is whole. */
export class AnswerReader {
  #stage: Stage = 'head'
  #bytes = 0
  #status = 0
  #retryAfter: number | undefined
  readonly #longest: number
  /** Bytes of the body, or of the chunk, that are still to come. */
  #left = 0
  readonly #body = new Bytes()
  /** The head or the line that is incomplete. */
  readonly #line = new Bytes()

  /** `longest` bounds the answer, in bytes on the wire: head, chunk sizes and body together. */
  constructor(longest = LONGEST_ANSWER) {
    this.#longest = longest
  }

  /** Returns the answer when `piece` completes it, else null. Throws NoAnswer on what is not HTTP or too long. */
  add(piece: Buffer): HttpAnswer | null {
    this.#bytes += piece.length
    if (this.#bytes > this.#longest) throw tooLong(this.#longest)
    for (let at = 0; at < piece.length; ) {
      at = this.#step(piece, at)
      if (this.#isWhole()) return this.#answer()
    }
    return null
  }

  /** The other side has closed: returns a body that ends this way. Throws NoAnswer where something is missing. */
  finish(): HttpAnswer {
    if (this.#bytes === 0) throw new NoAnswer('cut', 'closed without an answer')
    if (this.#stage !== 'until-end') throw new NoAnswer('garbled', 'an answer that was cut short')
    return this.#answer()
  }

  /** Takes what the stage wants of `piece` from `at`; returns where the rest begins. */
  #step(piece: Buffer, at: number): number {
    if (this.#stage === 'head') return this.#stepHead(piece, at)
    if (this.#stage === 'chunk-size') return this.#stepSize(piece, at)
    if (this.#stage === 'chunk-end') return this.#stepEnd(piece, at)
    const end = this.#stage === 'until-end' ? piece.length : Math.min(piece.length, at + this.#left)
    this.#body.add(piece, at, end)
    this.#left -= end - at
    if (this.#stage === 'chunk' && this.#left === 0) this.#expectEnd()
    return end
  }

  #stepHead(piece: Buffer, at: number): number {
    // The end may have begun in the piece before.
    const searched = Math.max(0, this.#line.length - 3)
    const had = this.#line.length
    this.#line.add(piece, at, piece.length)
    const end = this.#line.whole.indexOf('\r\n\r\n', searched)
    if (end > LONGEST_HEAD || (end < 0 && this.#line.length > LONGEST_HEAD))
      throw new NoAnswer('garbled', 'a head of more than 64 KiB')
    if (end < 0) return piece.length
    this.#readHead(this.#line.whole.toString('latin1', 0, end))
    this.#line.clear()
    return at + end + 4 - had
  }

  #readHead(head: string): void {
    const lines = head.split('\r\n')
    this.#status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(lines[0] ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(this.#status)) throw new NoAnswer('garbled', 'an answer that is not HTTP')
    const fields = new Map<string, string>()
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':')
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    const after = fields.get('retry-after')
    if (after !== undefined && /^\d{1,7}$/.test(after)) this.#retryAfter = Number(after)
    const length = fields.get('content-length')
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new NoAnswer('garbled', 'a wrong length')
    // RFC 9112 §6.3: Transfer-Encoding overrides Content-Length.
    if (/(?:^|[\s,])chunked$/i.test(fields.get('transfer-encoding') ?? '')) this.#stage = 'chunk-size'
    else if (length === undefined) this.#stage = 'until-end'
    else {
      this.#stage = 'sized'
      this.#left = Number(length)
      if (this.#left > this.#longest) throw tooLong(this.#longest)
    }
  }

  /** RFC 9112 §7.1: a size in hexadecimal, perhaps extensions, then the chunk; size 0 is the end. */
  #stepSize(piece: Buffer, at: number): number {
    const lineFeed = piece.indexOf(LINE_FEED, at)
    const end = lineFeed < 0 ? piece.length : lineFeed + 1
    this.#line.add(piece, at, end)
    if (this.#line.length > LONGEST_LINE) throw new NoAnswer('garbled', 'a wrong chunk')
    if (lineFeed < 0) return end
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?\r\n$/i.exec(this.#line.whole.toString('latin1'))?.[1]
    if (size === undefined) throw new NoAnswer('garbled', 'a wrong chunk')
    this.#line.clear()
    this.#left = Number.parseInt(size, 16)
    this.#stage = this.#left === 0 ? 'sized' : 'chunk'
    return end
  }

  #expectEnd(): void {
    this.#stage = 'chunk-end'
    this.#left = 2
  }

  /** The line break behind a chunk. */
  #stepEnd(piece: Buffer, at: number): number {
    if (piece[at] !== (this.#left === 2 ? CARRIAGE_RETURN : LINE_FEED))
      throw new NoAnswer('garbled', 'a wrong chunk')
    this.#left--
    if (this.#left === 0) this.#stage = 'chunk-size'
    return at + 1
  }

  #isWhole(): boolean {
    return this.#stage === 'sized' && this.#left === 0
  }

  #answer(): HttpAnswer {
    const body = this.#body.whole.toString('utf8')
    const retryAfter = this.#retryAfter
    return { status: this.#status, body, ...(retryAfter === undefined ? {} : { retryAfter }) }
  }
}

function tooLong(longest: number): NoAnswer {
  const [size, unit] = longest < 1024 * 1024 ? [longest / 1024, 'KiB'] : [longest / (1024 * 1024), 'MiB']
  return new NoAnswer('garbled', `an answer of more than ${size} ${unit}`)
}

/** Bytes that become more. Copied into one buffer that doubles: an object for each piece would cost more than its bytes. */
class Bytes {
  length = 0
  #buffer = Buffer.alloc(0)

  get whole(): Buffer {
    return this.#buffer.subarray(0, this.length)
  }

  add(piece: Buffer, from: number, to: number): void {
    const length = this.length + to - from
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length))
      this.whole.copy(larger)
      this.#buffer = larger
    }
    piece.copy(this.#buffer, this.length, from, to)
    this.length = length
  }

  clear(): void {
    this.length = 0
  }
}
