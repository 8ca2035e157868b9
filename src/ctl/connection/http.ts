// One HTTP/1.1 request over a Unix socket, on node:net alone: loading node:http costs more time than the
// whole question. Reads content-length, chunked, and bodies that end with the connection; nothing else.
import { connect } from 'node:net'

/** The longest answer we keep in memory, in bytes. */
const LONGEST_ANSWER = 64 * 1024 * 1024
const LONGEST_HEAD = 64 * 1024

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** Why there is no answer: nobody listens (`absent`), it took too long, or what came is not HTTP. */
export class NoAnswer extends Error {
  readonly why: 'absent' | 'forbidden' | 'late' | 'garbled'
  constructor(why: NoAnswer['why'], detail: string) {
    super(detail)
    this.why = why
  }
}

/** Posts `body` as JSON to `/rpc` on the socket at `path`; `timeoutMs` bounds the whole exchange. Throws NoAnswer. */
export function post(path: string, body: string, timeoutMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader()
    const socket = connect({ path })
    const timer = setTimeout(() => end(new NoAnswer('late', `no answer in ${timeoutMs / 1000} s`)), timeoutMs)
    const end = (outcome: HttpAnswer | NoAnswer): void => {
      clearTimeout(timer)
      socket.destroy()
      if (outcome instanceof NoAnswer) reject(outcome)
      else resolve(outcome)
    }
    const advance = (read: () => HttpAnswer | null): void => {
      try {
        const answer = read()
        if (answer !== null) end(answer)
      } catch (error) {
        end(error instanceof NoAnswer ? error : new NoAnswer('garbled', String(error)))
      }
    }
    socket.on('error', (error: NodeJS.ErrnoException) => end(unreachable(error)))
    socket.on('data', (piece: Buffer) => advance(() => reader.add(piece)))
    socket.on('end', () => advance(() => reader.finish()))
    // Written, not ended: a Node server drops the request of a client that closes its half.
    socket.write(
      `POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
}

/** What a failed connection means: only a refused permission is not the same as nobody being there. */
export function unreachable(error: NodeJS.ErrnoException): NoAnswer {
  const code = error.code ?? error.message
  return new NoAnswer(code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'absent', code)
}

/** Collects the bytes of one answer; `add` returns it as soon as it is whole. */
export class AnswerReader {
  #pieces: Buffer[] = []
  #bytes = 0
  #head: { status: number; length: number | null; chunked: boolean; bodyAt: number } | null = null

  /** Returns the answer when `piece` completes it, else null. Throws NoAnswer on what is not HTTP or too long. */
  add(piece: Buffer): HttpAnswer | null {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    if (this.#bytes > LONGEST_ANSWER) throw new NoAnswer('garbled', 'an answer of more than 64 MiB')
    if (this.#head === null && !this.#readHead()) return null
    const head = this.#head
    if (head === null || (head.length !== null && this.#bytes < head.bodyAt + head.length)) return null
    if (head.length !== null) return this.#answer(head.status, head.bodyAt, head.bodyAt + head.length)
    return head.chunked ? this.#unchunk(head.status, head.bodyAt) : null
  }

  /** The other side has closed: returns a body that ends this way. Throws NoAnswer where something is missing. */
  finish(): HttpAnswer {
    const head = this.#head
    if (head === null) throw new NoAnswer('absent', 'closed without an answer')
    if (head.length !== null || head.chunked) throw new NoAnswer('garbled', 'an answer that was cut short')
    return this.#answer(head.status, head.bodyAt, this.#bytes)
  }

  #readHead(): boolean {
    const whole = this.#whole()
    const end = whole.indexOf('\r\n\r\n')
    if (end < 0) {
      if (whole.length > LONGEST_HEAD) throw new NoAnswer('garbled', 'a head of more than 64 KiB')
      return false
    }
    const lines = whole.toString('latin1', 0, end).split('\r\n')
    const status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(lines[0] ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) throw new NoAnswer('garbled', 'an answer that is not HTTP')
    const fields = new Map<string, string>()
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':')
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    const length = fields.get('content-length')
    if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new NoAnswer('garbled', 'a wrong length')
    const chunked = /(?:^|[\s,])chunked$/i.test(fields.get('transfer-encoding') ?? '')
    // RFC 9112 §6.3: Transfer-Encoding overrides Content-Length.
    this.#head = {
      status,
      length: chunked || length === undefined ? null : Number(length),
      chunked,
      bodyAt: end + 4,
    }
    return true
  }

  // RFC 9112 §7.1. Starts anew with every piece; an answer comes in few pieces.
  #unchunk(status: number, bodyAt: number): HttpAnswer | null {
    const whole = this.#whole()
    const parts: Buffer[] = []
    let at = bodyAt
    for (;;) {
      const lineEnd = whole.indexOf('\r\n', at)
      if (lineEnd < 0) return null
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;|$)/i.exec(whole.toString('latin1', at, lineEnd))?.[1]
      if (size === undefined) throw new NoAnswer('garbled', 'a wrong chunk')
      const length = Number.parseInt(size, 16)
      if (length === 0) return { status, body: Buffer.concat(parts).toString('utf8') }
      const end = lineEnd + 2 + length
      if (whole.length < end + 2) return null
      parts.push(whole.subarray(lineEnd + 2, end))
      at = end + 2
    }
  }

  #answer(status: number, from: number, to: number): HttpAnswer {
    return { status, body: this.#whole().toString('utf8', from, to) }
  }

  #whole(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0] ?? Buffer.alloc(0)
  }
}
