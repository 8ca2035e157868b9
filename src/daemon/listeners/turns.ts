// What is under way to other devices, at the LAN listener: a few answers a connection, and one with numbers a device. Otherwise
// whoever asks on and on and never reads would have us keep answer upon answer.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { patienceMs } from '../devices/asking.ts'

/** Answers of one connection that have not left yet; our own devices ask for one after the other. */
const OPEN_CAP = 32

export class Turns {
  /** How many answers of a connection have not left yet. */
  readonly #open = new WeakMap<Socket, number>()
  /** Devices to which numbers are under way. */
  readonly #taking = new Set<string>()

  /** Whether the connection may ask once more; false where it has asked far ahead of its answers. */
  ask(socket: Socket, response: ServerResponse): boolean {
    const open = this.#open.get(socket) ?? 0
    if (open >= OPEN_CAP) return false
    this.#open.set(socket, open + 1)
    response.once('finish', () => this.#open.set(socket, (this.#open.get(socket) ?? 1) - 1))
    return true
  }

  isTaking(id: string): boolean {
    return this.#taking.has(id)
  }

  /** Numbers of `bytes` go to the device; until they have left or the connection ended, which it does if they take too long. */
  take(id: string, socket: Socket, response: ServerResponse, bytes: number): void {
    this.#taking.add(id)
    const late = setTimeout(() => socket.destroy(), patienceMs(bytes))
    const end = () => {
      clearTimeout(late)
      socket.off('close', end)
      response.off('close', end)
      this.#taking.delete(id)
    }
    // An answer that waits behind another one is not told that the connection ended.
    socket.once('close', end)
    response.once('close', end)
  }
}
