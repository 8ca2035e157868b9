// The sockets of one interface, for IPv4 and IPv6: multicast DNS goes out and comes in here. What was not sent on this
// network, or is too much, is dropped before anybody reads it.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { plainAddress } from '../tls.ts'
import { Budget, REST_MS } from './budget.ts'
import type { Clock } from './clock.ts'
import { type Interface, isOnLink } from './interfaces.ts'
import { decode, encode, type Packet } from './packet.ts'
import { addressData } from './rdata.ts'

export type Family = 4 | 6

export interface Source {
  readonly family: Family
  /** With its zone, where it has one. */
  readonly address: string
  readonly port: number
}

/** Everybody on the network, or one. */
export type To = Family | Source

export interface Wire {
  readonly families: readonly Family[]
  /** Since when it is left alone because of a flood, Unix milliseconds. */
  readonly floodedAt: number | null
  send(packet: Packet, to: To): void
  /** Resolves when everything that was sent is out. */
  close(): Promise<void>
}

export interface WireContext {
  readonly clock: Clock
  readonly received: (packet: Packet, from: Source) => void
  /** It does not work any more and was closed. */
  readonly failed: (error: Error) => void
}

export type OpenWire = (on: Interface, context: WireContext) => Promise<Wire>

const PORT = 5353
const GROUP = { 4: '224.0.0.251', 6: 'ff02::fb' } as const
/** RFC 6762 §11: so that a receiver could tell that it was not routed. */
const TTL = 255
/** The last packets get this long to leave, in milliseconds. */
const LEAVE_MS = 50

/** Opens what the interface has of the two families. Rejects with the system's error where neither opens. */
export const openWire: OpenWire = async (on, context) => {
  const wire = new SocketWire(on, context)
  await wire.open()
  return wire
}

class SocketWire implements Wire {
  readonly #on: Interface
  readonly #context: WireContext
  readonly #sockets = new Map<Family, Socket>()
  readonly #budget = new Budget()
  #closed = false
  #leaving = 0
  #left: () => void = () => undefined
  #stopResting: () => void = () => undefined
  floodedAt: number | null = null

  constructor(on: Interface, context: WireContext) {
    this.#on = on
    this.#context = context
  }

  get families(): readonly Family[] {
    return [...this.#sockets.keys()]
  }

  async open(): Promise<void> {
    const families = [...new Set(this.#on.addresses.map(({ family }) => family))]
    const outcomes = await Promise.allSettled(families.map((family) => this.#openOne(family)))
    if (this.#sockets.size > 0) return
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    throw failed?.reason ?? new Error('it has no address')
  }

  send(packet: Packet, to: To): void {
    const family = typeof to === 'number' ? to : to.family
    const [address, port] = typeof to === 'number' ? [GROUP[to], PORT] : [to.address, to.port]
    const socket = this.#sockets.get(family)
    if (socket === undefined) return
    this.#leaving++
    // A network that is away just now is found out by looking at interfaces, not by an error for each packet.
    socket.send(encode(packet), port, address, () => {
      this.#leaving--
      if (this.#leaving === 0) this.#left()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#stopResting()
    if (this.#leaving > 0) {
      await new Promise<void>((resolve) => {
        this.#left = resolve
        this.#context.clock.after(LEAVE_MS, resolve)
      })
    }
    this.#shut()
  }

  #shut(): void {
    for (const socket of this.#sockets.values()) close(socket)
    this.#sockets.clear()
  }

  #openOne(family: Family): Promise<void> {
    return new Promise((resolve, reject) => {
      const type = family === 4 ? 'udp4' : 'udp6'
      const socket = createSocket({ type, reuseAddr: true, ipv6Only: family === 6, lookup: asItIs })
      socket.once('error', (error) => {
        reject(error)
        close(socket)
      })
      // Bound to the interface's own address a socket hears no multicast.
      socket.bind({ port: PORT, address: family === 4 ? '0.0.0.0' : '::', exclusive: true }, () => {
        try {
          this.#join(socket, family)
        } catch (error) {
          reject(error)
          return close(socket)
        }
        if (this.#closed) {
          close(socket)
          return resolve()
        }
        this.#sockets.set(family, socket)
        socket.removeAllListeners('error')
        socket.on('error', (error) => this.#fail(error))
        socket.on('message', (bytes, from) => this.#receive(bytes, from, family))
        resolve()
      })
    })
  }

  #join(socket: Socket, family: Family): void {
    const { name, addresses } = this.#on
    const own = family === 4 ? addresses.find((each) => each.family === 4)!.address : `::%${name}`
    socket.addMembership(GROUP[family], own)
    socket.setMulticastInterface(own)
    socket.setMulticastTTL(TTL)
    socket.setTTL(TTL)
    // Other programs on this computer may want to find us.
    socket.setMulticastLoopback(true)
  }

  #receive(bytes: Buffer, { address, port }: RemoteInfo, family: Family): void {
    if (this.#closed) return
    const { clock, received } = this.#context
    const verdict = this.#budget.admit(address, clock.now())
    if (verdict === 'flood') this.#rest()
    // Linux gives a socket what any socket joined on any interface: what is from elsewhere is not for us, RFC 6762 §11.
    if (verdict !== 'heard' || !this.#isFromHere(address, family)) return
    const packet = decode(bytes)
    // RFC 6762 §6: an answer that does not come from port 5353 is none.
    if (packet === null || (packet.response && port !== PORT)) return
    received(packet, { family, address, port })
  }

  #isFromHere(address: string, family: Family): boolean {
    const [plain, zone] = plainAddress(address).split('%') as [string, string?]
    if (family === 6 && zone !== undefined && zone !== this.#on.name) return false
    return isOnLink(this.#on, addressData(plain))
  }

  /** Reading costs more than the kernel's forgetting: nobody listens for a while. */
  #rest(): void {
    if (this.#sockets.size === 0) return
    const { clock } = this.#context
    this.floodedAt = clock.now()
    this.#shut()
    this.#stopResting = clock.after(REST_MS, () => {
      if (!this.#closed)
        this.open().then(
          () => undefined,
          (error) => this.#fail(error),
        )
    })
  }

  #fail(error: unknown): void {
    if (this.#closed) return
    void this.close()
    this.#context.failed(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Only addresses are sent to; looking them up would only take time. */
function asItIs(
  host: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, host, host.includes(':') ? 6 : 4)
}

function close(socket: Socket): void {
  try {
    socket.close()
  } catch {
    // It was never bound.
  }
}
