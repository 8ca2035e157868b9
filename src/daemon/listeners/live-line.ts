// The open connection to a paired device that is told when something changed.
import type { WebSocket } from 'ws'

/** A live connection that leaves two pings in a row unanswered is dead, in milliseconds. */
const PING_MS = 20_000

/** Pings until it closes; then calls `end`. */
export function keepAlive(socket: WebSocket, end: () => void): void {
  let unanswered = 0
  const timer = setInterval(() => {
    if (++unanswered > 2) socket.terminate()
    else socket.ping()
  }, PING_MS)
  socket.on('pong', () => {
    unanswered = 0
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(timer)
    end()
  })
}

/** Sends the newest value; a slow reader misses those between. */
export function newestTo(socket: WebSocket): (text: string) => void {
  let pending: string | undefined
  let sending = false
  const flush = () => {
    if (pending === undefined || sending || socket.readyState !== socket.OPEN) return
    const text = pending
    pending = undefined
    sending = true
    socket.send(text, () => {
      sending = false
      flush()
    })
  }
  return (text) => {
    pending = text
    flush()
  }
}
