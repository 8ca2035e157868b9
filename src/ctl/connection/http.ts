// One HTTP/1.1 request over a Unix socket, on node:net alone: loading node:http costs more time than the
// whole question.
import { connect } from 'node:net'
import { AnswerReader, type HttpAnswer } from './answer.ts'
import { cutOff, NoAnswer, unreachable } from './no-answer.ts'

/** Posts `body` as JSON to `/rpc` on the socket at `path`; `timeoutMs` bounds the whole exchange. Throws NoAnswer. */
export async function post(path: string, body: string, timeoutMs: number): Promise<HttpAnswer> {
  try {
    return await exchange(path, body, timeoutMs)
  } catch (error) {
    throw error instanceof NoAnswer && error.why === 'cut' ? await cutOff(path) : error
  }
}

function exchange(path: string, body: string, timeoutMs: number): Promise<HttpAnswer> {
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
    let isConnected = false
    socket.on('connect', () => {
      isConnected = true
    })
    // A connection that fails later was taken and then cut, which is the end of what it had to say.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      isConnected ? advance(() => reader.finish()) : end(unreachable(error)),
    )
    socket.on('data', (piece: Buffer) => advance(() => reader.add(piece)))
    socket.on('end', () => advance(() => reader.finish()))
    // Written, not ended: a Node server drops the request of a client that closes its half.
    socket.write(
      `POST /rpc HTTP/1.1\r\nHost: tallyd\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
}
