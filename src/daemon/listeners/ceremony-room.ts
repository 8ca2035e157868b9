// Where strangers wait for their ceremony: a few at once, fewer of one source, and nobody who says nothing. What they say to each
// other is not known here.
import type { WebSocket } from 'ws'
import { sourceOf } from '../../contract/source.ts'

export const ROOM = {
  ceremonies: 8,
  ofOneSource: 4,
  /** Who has said nothing for so long goes, in milliseconds. */
  silenceMs: 10_000,
  /** No ceremony takes longer: comparing and the settlement have a minute each. */
  longestMs: 150_000,
} as const

interface Guest {
  readonly socket: WebSocket
  readonly source: string
  hasSpoken: boolean
}

export class CeremonyRoom {
  readonly #longestMs: number
  /** In the order in which they came. */
  readonly #guests = new Set<Guest>()

  /** Nobody stays longer, in milliseconds. */
  constructor(longestMs: number = ROOM.longestMs) {
    this.#longestMs = longestMs
  }

  /** Whether `socket` may stay; where all places are taken, the oldest that has said nothing yet makes room. */
  enter(socket: WebSocket, host: string): boolean {
    const source = sourceOf(host)
    const neighbours = [...this.#guests].filter((each) => each.source === source)
    if (neighbours.length >= ROOM.ofOneSource && !this.#makeRoom(neighbours)) return false
    if (this.#guests.size >= ROOM.ceremonies && !this.#makeRoom([...this.#guests])) return false
    const guest: Guest = { socket, source, hasSpoken: false }
    const silent = setTimeout(() => {
      if (!guest.hasSpoken) socket.terminate()
    }, ROOM.silenceMs)
    const late = setTimeout(() => socket.terminate(), this.#longestMs)
    this.#guests.add(guest)
    socket.once('message', () => {
      guest.hasSpoken = true
    })
    socket.once('close', () => {
      clearTimeout(silent)
      clearTimeout(late)
      this.#guests.delete(guest)
    })
    return true
  }

  #makeRoom(guests: readonly Guest[]): boolean {
    const oldest = guests.find(({ hasSpoken }) => !hasSpoken)
    if (oldest === undefined) return false
    oldest.socket.terminate()
    // Its end is told later; until then it must not count, nor be ended twice.
    return this.#guests.delete(oldest)
  }
}
