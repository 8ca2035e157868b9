// The connections of the web listener: those that have shown nothing make room for each other, oldest first, each address among its
// own; whoever showed a token or a session is in a crowd that strangers never displace, each among those with the same one.
import type { Socket } from 'node:net'
import { sourceOf } from '../../contract/source.ts'
import { Crowd } from './crowd.ts'

/** Connections at the same time. */
export const PLACES = {
  strangers: { inAll: 256, ofOneSource: 128 },
  /** Here a source is a token or a session. */
  known: { inAll: 512, ofOneSource: 256 },
} as const

class Place {
  readonly held = false
  source: string
  readonly end: () => void
  crowd: Crowd<Place>

  constructor(raw: Socket, source: string, crowd: Crowd<Place>) {
    this.source = source
    this.crowd = crowd
    this.end = () => void raw.destroy()
  }
}

export class WebCrowd {
  readonly #strangers = new Crowd<Place>(PLACES.strangers)
  readonly #known = new Crowd<Place>(PLACES.known)
  /** By the two ends of the connection: the TLS socket has the same as the TCP socket below it. */
  readonly #places = new Map<string, Place>()
  /** The same, for those that were asked for once. */
  readonly #bySocket = new WeakMap<Socket, Place>()
  readonly #sockets = new Set<Socket>()

  /** Takes a connection that has just come. */
  enter(raw: Socket): void {
    const key = keyOf(raw)
    const place = new Place(raw, sourceOf(raw.remoteAddress ?? ''), this.#strangers)
    raw.on('error', () => raw.destroy())
    raw.once('close', () => {
      place.crowd.remove(place)
      this.#sockets.delete(raw)
      if (this.#places.get(key) === place) this.#places.delete(key)
    })
    this.#places.set(key, place)
    this.#sockets.add(raw)
    if (!this.#strangers.add(place)) place.end()
  }

  /** Whoever is at the other end of `socket` has shown a credential, whose name is `key`. */
  know(socket: Socket, key: string): void {
    const place = this.#bySocket.get(socket) ?? this.#places.get(keyOf(socket))
    if (place === undefined) return
    this.#bySocket.set(socket, place)
    if (place.crowd === this.#known && place.source === key) return
    place.crowd.remove(place)
    place.source = key
    place.crowd = this.#known
    if (!this.#known.add(place)) place.end()
  }

  get size(): number {
    return this.#sockets.size
  }

  endAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress}|${remotePort}|${localAddress}`
}
