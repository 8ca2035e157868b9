// A body that comes piece by piece for ever, on node:net alone. Asked for in HTTP/1.0, so that the body is the stream itself,
// without chunks, and ends with the connection (RFC 9112 §6.3).
import { connect } from 'node:net'
import { NoAnswer, unreachable } from './no-answer.ts'

const LONGEST_HEAD = 64 * 1024

/** The answer was no stream but this status, with this body. */
export class NotStreamed extends Error {
  readonly status: number
  readonly body: string
  constructor(status: number, body: string) {
    super(`HTTP ${status}`)
    this.status = status
    this.body = body
  }
}

/**
 * Asks for `path` on the socket at `socketPath` and hands every piece to `take`, each after the one before was taken. Resolves when
 * the other side ends. Throws NoAnswer where nobody answers, NotStreamed where the answer is another than 200.
 */
export function streamed(
  socketPath: string,
  path: string,
  take: (piece: string) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath }).setEncoding('utf8')
    let head: string | null = ''
    let status = 0
    let refused = ''
    let taken = Promise.resolve()
    socket.write(`GET ${path} HTTP/1.0\r\nHost: tallyd\r\n\r\n`)
    socket.on('data', (data: string) => {
      let piece = data
      if (head !== null) {
        head += data
        const end = head.indexOf('\r\n\r\n')
        if (end < 0 && head.length <= LONGEST_HEAD) return
        status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)/.exec(head)?.[1] ?? 0)
        if (end < 0 || status === 0) return fail(new NoAnswer('garbled', 'an answer that is not HTTP'))
        piece = head.slice(end + 4)
        head = null
      }
      if (status !== 200) refused = (refused + piece).slice(0, LONGEST_HEAD)
      else if (piece !== '') {
        socket.pause()
        taken = taken.then(() => take(piece)).then(() => void socket.resume(), fail)
      }
    })
    let isConnected = false
    socket.once('connect', () => {
      isConnected = true
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (!isConnected) fail(unreachable(error))
    })
    socket.once('close', () => {
      if (head !== null) return fail(new NoAnswer('cut', 'closed without an answer'))
      if (status !== 200) return fail(new NotStreamed(status, refused))
      taken.then(resolve, reject)
    })

    function fail(error: unknown): void {
      socket.destroy()
      reject(error)
    }
  })
}
