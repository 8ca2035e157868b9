// Who is connected to the LAN listener: what each secure connection is known by, and whom to cut.
import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import type { Door } from '../devices/door.ts'
import { type Peer, peerOf, plainAddress } from '../devices/tls.ts'
import type { Gate } from './gate.ts'

/** Who is connected: facts by socket, and sockets by device. */
export class Peers {
  readonly #door: Door
  readonly #gate: Gate
  readonly #facts = new WeakMap<object, Peer>()
  readonly #sockets = new Map<string, Set<TLSSocket>>()
  readonly #inCeremony = new WeakSet<TLSSocket>()

  constructor(door: Door, gate: Gate) {
    this.#door = door
    this.#gate = gate
  }

  /** Takes the facts of a connection that became secure, or ends it. */
  meet(socket: TLSSocket): void {
    socket.on('error', () => socket.destroy())
    const host = plainAddress(socket.remoteAddress ?? '')
    const peer = peerOf(socket, this.#door.now())
    const why = typeof peer === 'string' ? peer : this.#refusal(peer.fingerprint)
    if (typeof peer === 'string' || why !== null) {
      this.#door.onRefused(why ?? '', { host, ...(typeof peer === 'string' ? {} : { id: peer.fingerprint }) })
      socket.destroy()
      return
    }
    this.#gate.meet(socket, peer.fingerprint)
    const sockets = this.#sockets.get(peer.fingerprint) ?? new Set()
    this.#sockets.set(peer.fingerprint, sockets.add(socket))
    this.#facts.set(socket, peer)
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0 && this.#sockets.get(peer.fingerprint) === sockets) {
        this.#sockets.delete(peer.fingerprint)
      }
    })
  }

  /** Why a device is not even answered. */
  #refusal(id: string): string | null {
    if (id === this.#door.identity.fingerprint) return 'it presented our own certificate'
    return this.#door.standing(id) === 'blocked' ? 'blocked' : null
  }

  /** Counts who asked for what there is not, or in a way that cannot be read. */
  turnAway(request: FastifyRequest, why: string): void {
    const { host, fingerprint: id } = this.of(request) ?? {}
    if (host !== undefined && id !== undefined) this.#door.onRefused(why, { host, id })
  }

  of(request: FastifyRequest): Peer | undefined {
    return this.#facts.get(request.raw.socket)
  }

  /** It is in a ceremony now. */
  hold(request: FastifyRequest): void {
    const socket = request.raw.socket as TLSSocket
    this.#inCeremony.add(socket)
    this.#gate.hold(socket)
  }

  cut(id: string): void {
    for (const socket of this.#sockets.get(id) ?? []) socket.destroy()
  }

  cutGranted(id: string): void {
    for (const socket of this.#sockets.get(id) ?? []) if (!this.#inCeremony.has(socket)) socket.destroy()
  }

  cutAll(): void {
    for (const id of this.#sockets.keys()) this.cut(id)
  }
}
