// The places of a listener: a bounded number of connections. When all are taken, who idled longest makes room for who
// comes; where nobody idles, who comes is closed.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Places {
  /** How many are taken. */
  taken(): number
  /** The connection speaks no more HTTP: from now on it idles since `idleSince`, where that says so. */
  handOver(socket: Socket, idleSince: () => number | undefined): void
}

interface PlacesContext {
  readonly most: number
  /** A connection may keep its place this long after its last answer, in milliseconds, whoever comes. */
  readonly restMs: number
}

interface Seat {
  /** Requests that are being answered. */
  working: number
  /** On the clock of `performance.now`; undefined while it works, and before its first answer. */
  idleSince: () => number | undefined
}

/**
 * Bounds the connections of `server`. Those that never asked anything keep their place: the timeouts of headers and of
 * requests end them, and a client between its connecting and its first byte would lose a race.
 */
export function createPlaces(server: Server, { most, restMs }: PlacesContext): Places {
  const seats = new Map<Socket, Seat>()
  const never = () => undefined

  server.on('connection', (socket: Socket) => {
    if (seats.size >= most && !makeRoom()) {
      socket.destroy()
      return
    }
    seats.set(socket, { working: 0, idleSince: never })
    socket.once('close', () => seats.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const seat = seats.get(socket)
    if (seat === undefined) return
    seat.working++
    seat.idleSince = never
    response.once('close', () => {
      if (--seat.working > 0) return
      const since = performance.now()
      seat.idleSince = () => since
    })
  })
  // What was kept alive and is being upgraded idles no more.
  server.on('upgrade', ({ socket }: IncomingMessage) => {
    const seat = seats.get(socket)
    if (seat !== undefined) seat.idleSince = never
  })

  function makeRoom(): boolean {
    let longest: Socket | undefined
    let since = performance.now() - restMs
    for (const [socket, seat] of seats) {
      const idle = seat.idleSince()
      if (idle === undefined || idle > since) continue
      longest = socket
      since = idle
    }
    if (longest === undefined) return false
    seats.delete(longest)
    longest.destroy()
    return true
  }

  return {
    taken: () => seats.size,
    handOver(socket, idleSince) {
      const seat = seats.get(socket)
      if (seat !== undefined) seat.idleSince = idleSince
    },
  }
}
