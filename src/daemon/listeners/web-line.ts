// The WebSocket of the web listener: browsers cannot give it a header, so its first message says who asks. It ends at once with
// what let it in.
import type { RawData, WebSocket } from 'ws'
import type { Whoami } from '../../contract/access.ts'
import type { AskerIdentity } from '../methods/handlers.ts'

/** How long a line may be silent before it says who asks, in milliseconds. */
const PATIENCE_MS = 5_000
/** RFC 6455 §7.4.2: codes from 4000 on are an application's own. Ours looks like HTTP's 401. */
const UNAUTHORIZED = 4401
/** Characters of a first message. */
const LONGEST = 256
/** Messages that may follow the first one before it is answered. */
const HELD_CAP = 64
/** How long a closing line has to answer before it is cut off, in milliseconds. */
const FAREWELL_MS = 200

/** Who asks, and the name under which its lines are cut. */
export interface Admitted {
  readonly asker: AskerIdentity
  readonly key: string
}

export class WebLines {
  readonly #byKey = new Map<string, Set<WebSocket>>()

  /** Ends with the socket. */
  add(key: string, socket: WebSocket): void {
    const lines = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, lines.add(socket))
    socket.once('close', () => {
      lines.delete(socket)
      if (lines.size === 0 && this.#byKey.get(key) === lines) this.#byKey.delete(key)
    })
  }

  /** What let them in is valid no more. */
  cut(key: string): void {
    for (const socket of this.#byKey.get(key) ?? []) dismiss(socket)
  }
}

interface GreetContext {
  /** Who shows this Authorization header; null for nobody. */
  readonly admit: (authorization: string) => Admitted | null
  readonly whoami: (asker: AskerIdentity) => Promise<Whoami>
  readonly serve: (admitted: Admitted) => void
}

/** Waits for the first message, answers it, and hands the line on; or closes it. */
export function greet(socket: WebSocket, { admit, whoami, serve }: GreetContext): void {
  const late = setTimeout(() => dismiss(socket), PATIENCE_MS).unref()
  socket.on('error', () => socket.terminate())
  socket.once('close', () => clearTimeout(late))
  socket.once('message', (data, binary) => {
    clearTimeout(late)
    const authorization = binary ? null : authorizationIn(String(data))
    const admitted = authorization === null ? null : admit(authorization)
    if (authorization === null || admitted === null) return dismiss(socket)
    const waiting = hold(socket)
    whoami(admitted.asker).then(
      (you) => {
        // What let it in may have ended meanwhile.
        if (socket.readyState !== socket.OPEN || admit(authorization) === null) return dismiss(socket)
        socket.send(JSON.stringify({ authorized: you }))
        serve(admitted)
        for (const [message, isBinary] of waiting()) socket.emit('message', message, isBinary)
      },
      () => socket.terminate(),
    )
  })
}

/** Keeps what comes until it is asked for: a paused line still hands out what it has read. Too much of it ends the line. */
function hold(socket: WebSocket): () => [RawData, boolean][] {
  const held: [RawData, boolean][] = []
  const keep = (data: RawData, binary: boolean): void => {
    if (held.push([data, binary]) > HELD_CAP) dismiss(socket)
  }
  socket.on('message', keep)
  socket.pause()
  return () => {
    socket.off('message', keep)
    socket.resume()
    return held
  }
}

function authorizationIn(text: string): string | null {
  if (text.length > LONGEST) return null
  try {
    const { authorization } = JSON.parse(text) as { authorization?: unknown }
    return typeof authorization === 'string' ? authorization : null
  } catch {
    return null
  }
}

/** Closes it as unauthorized; who does not answer is cut off. What still comes is not heard. */
function dismiss(socket: WebSocket): void {
  socket.removeAllListeners('message')
  socket.resume()
  socket.close(UNAUTHORIZED, 'unauthorized')
  setTimeout(() => socket.terminate(), FAREWELL_MS).unref()
}
