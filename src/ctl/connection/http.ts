// One HTTP/1.1 request over a connection, on node:net alone: loading node:http costs more time than the whole question.
import { connect, type Socket } from 'node:net'
import { AnswerReader, type HttpAnswer } from './answer.ts'
import { cutOff, NoAnswer, unreachable } from './no-answer.ts'

/** Posts `body` as JSON to `/rpc` on the socket at `path`; `timeoutMs` bounds the whole exchange. Throws NoAnswer. */
export async function post(path: string, body: string, timeoutMs: number): Promise<HttpAnswer> {
  // Written, not ended: a Node server drops the request of a client that closes its half.
  const request =
    `POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
  try {
    return await exchange(connect({ path }), request, timeoutMs)
  } catch (error) {
    throw error instanceof NoAnswer && error.why === 'cut' ? await cutOff(path) : error
  }
}

/** Asks for `path` on the socket at `socketPath`; `timeoutMs` bounds the whole exchange. Throws NoAnswer. */
export async function get(socketPath: string, path: string, timeoutMs: number): Promise<HttpAnswer> {
  const request = `GET ${path} HTTP/1.1\r\nHost: tallyd\r\nConnection: close\r\n\r\n`
  try {
    return await exchange(connect({ path: socketPath }), request, timeoutMs)
  } catch (error) {
    throw error instanceof NoAnswer && error.why === 'cut' ? await cutOff(socketPath) : error
  }
}

/**
 * Writes `request` to a socket, which may not be connected yet, reads one answer of at most `longest` bytes, and ends the
 * socket. Throws NoAnswer, `late` after `timeoutMs`.
 */
export function exchange(
  socket: Socket,
  request: string,
  timeoutMs: number,
  longest?: number,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(longest)
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
    let isConnected = !socket.connecting
    socket.on('connect', () => {
      isConnected = true
    })
    // A connection that fails later was taken and then cut, which is the end of what it had to say.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      isConnected ? advance(() => reader.finish()) : end(unreachable(error)),
    )
    socket.on('data', (piece: Buffer) => advance(() => reader.add(piece)))
    socket.on('end', () => advance(() => reader.finish()))
    socket.write(request)
  })
}
