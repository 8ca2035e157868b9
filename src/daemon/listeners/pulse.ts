// Whether somebody still lives at the other end of a WebSocket: a stopped process keeps its connection open for ever.
import type { WebSocket } from 'ws'

/** Beats without a sign of life until the connection ends. */
const PATIENCE = 2
/** The same while something is queued for it: who reads slowly answers a ping only after what came before it. */
const QUEUED_PATIENCE = 4

export interface Pulse {
  /** The other end took something that had waited for it: it lives. */
  taken(): void
  /** Since when it has been silent although it was asked, on the clock of `performance.now`; else undefined. */
  silentSince(): number | undefined
}

/**
 * Pings every `beatMs`. A message, a pong, or a queue that moved on are signs of life; without one, the connection ends
 * after two beats, or four while something is queued. Counted in beats, so that a machine that slept ends nobody.
 */
export function takePulse(socket: WebSocket, beatMs: number): Pulse {
  let lastSign = performance.now()
  let alive = true
  let silent = 0
  const sign = (): void => {
    alive = true
    silent = 0
    lastSign = performance.now()
  }
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, sign)
  const timer = setInterval(beat, beatMs).unref()
  socket.once('close', () => clearInterval(timer))

  function beat(): void {
    if (!alive) silent++
    alive = false
    const isQueued = socket.bufferedAmount > 0
    if (silent >= (isQueued ? QUEUED_PATIENCE : PATIENCE)) socket.terminate()
    // A queue that moves is sign enough, and a ping would only make it longer.
    else if (!isQueued && socket.readyState === socket.OPEN) socket.ping()
  }

  return {
    taken: sign,
    silentSince: () => (silent >= (socket.bufferedAmount > 0 ? PATIENCE : 1) ? lastSign : undefined),
  }
}
