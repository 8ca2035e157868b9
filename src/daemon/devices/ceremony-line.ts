// One WebSocket of a ceremony: messages in order, each read once, few at a time; its end ends the ceremony.
import type { WebSocket } from 'ws'
import type { CeremonyMessage } from '../../contract/ceremony.ts'
import type { CompareEvent } from '../ceremony/compare.ts'
import { readMessage } from '../ceremony/message.ts'

/** Messages that may wait; a ceremony has fewer in all. */
const WAITING_CAP = 8
/** A close that is not answered within this time is one, in milliseconds. */
const FAREWELL_MS = 1_000

export interface CeremonyLine {
  send(message: CeremonyMessage): void
  /** The next message, the end of the connection, or `timedOut` once `deadline` (performance.now) has passed. */
  next(deadline: number): Promise<CompareEvent>
  /** The same, but it stays to be read. */
  peek(deadline: number): Promise<CompareEvent>
  /** Our own human's word, in the same queue. */
  put(event: CompareEvent): void
  /** Lets what was sent go out, then closes. */
  close(): void
  /** Called when the connection ended, from whichever side. */
  onClosed(act: () => void): void
}

/** `onFrame` is given what comes as bytes; without it nothing may. */
export function ceremonyLine(socket: WebSocket, onFrame?: (frame: Buffer) => void): CeremonyLine {
  const waiting: CompareEvent[] = []
  let reader: ((event: CompareEvent) => void) | undefined
  let closed = false
  const closers: (() => void)[] = []

  function hear(event: CompareEvent): void {
    const to = reader
    reader = undefined
    if (to !== undefined) to(event)
    else if (waiting.length < WAITING_CAP) waiting.push(event)
    else socket.terminate()
  }

  socket.on('message', (data, isBinary) => {
    if (isBinary && onFrame !== undefined) return onFrame(data as Buffer)
    hear({ type: 'received', message: isBinary ? null : readMessage(String(data)) })
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    closed = true
    hear({ type: 'closed' })
    for (const act of closers) act()
  })

  return {
    send(message) {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
    },
    put: hear,
    async peek(deadline) {
      const event = await this.next(deadline)
      waiting.unshift(event)
      return event
    },
    next(deadline) {
      const event = waiting.shift()
      if (event !== undefined) return Promise.resolve(event)
      if (closed) return Promise.resolve({ type: 'closed' })
      return new Promise((resolve) => {
        const late = setTimeout(
          () => hear({ type: 'timedOut' }),
          Math.max(0, Math.ceil(deadline - performance.now())),
        )
        reader = (heard) => {
          clearTimeout(late)
          resolve(heard)
        }
      })
    },
    close() {
      socket.close(1000)
      // Whoever does not answer that would keep its place for half a minute.
      setTimeout(() => socket.terminate(), FAREWELL_MS).unref()
    },
    onClosed(act) {
      if (closed) act()
      else closers.push(act)
    },
  }
}
