// The places of a listener: a bounded number of connections. When all are taken, who idled longest makes room for who
// asks; where nobody idles, who asks is closed. Who has not asked yet, and who only follows a widget, takes no place: of each there may be
// so many besides, so that neither a thousand status bars nor their start keep a client out.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface Places {
  /** How many connections there are, followers not counted. */
  taken(): number
  /** A request has arrived on the connection. Whether it has, or now gets, a place; if not, it is to be closed. */
  admit(socket: Socket): boolean
  /** The connection speaks no more HTTP: from now on it idles since `idleSince`, where that says so. */
  handOver(socket: Socket, idleSince: () => number | undefined): void
  /** The connection needs no place any more: somebody else bounds it from now on. */
  release(socket: Socket): void
}

interface PlacesContext {
  readonly most: number
  /** So many connections may not have asked anything yet; a further one is closed. */
  readonly newcomers: number
  /** A connection may keep its place this long after its last answer, in milliseconds, whoever comes. */
  readonly restMs: number
}

interface Seat {
  /** Requests that are being answered. */
  working: number
  /** On the clock of `performance.now`; undefined while it works, and before its first answer. */
  idleSince: () => number | undefined
}

/** Bounds the connections of `server`. Who never asks anything is ended by the timeouts of headers and of requests. */
export function createPlaces(server: Server, { most, newcomers, restMs }: PlacesContext): Places {
  const seats = new Map<Socket, Seat>()
  const unasked = new Set<Socket>()
  const never = () => undefined

  server.on('connection', (socket: Socket) => {
    if (unasked.size >= newcomers) {
      socket.destroy()
      return
    }
    unasked.add(socket)
    socket.once('close', () => {
      unasked.delete(socket)
      seats.delete(socket)
    })
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
    taken: () => seats.size + unasked.size,
    admit(socket) {
      if (seats.has(socket)) return true
      if (seats.size >= most && !makeRoom()) return false
      unasked.delete(socket)
      seats.set(socket, { working: 0, idleSince: never })
      return true
    },
    handOver(socket, idleSince) {
      const seat = seats.get(socket)
      if (seat !== undefined) seat.idleSince = idleSince
    },
    release(socket) {
      unasked.delete(socket)
      seats.delete(socket)
    },
  }
}
