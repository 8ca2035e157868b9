// The gate of the LAN listener: who gets a place and a handshake when more want one than there are. Paired devices, known by their
// knock or by their certificate, never wait for strangers; strangers make room for each other, oldest first, each source among its own.
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { sourceOf } from '../../contract/source.ts'
import type { Door } from '../devices/door.ts'
import { HANDSHAKE_MS, plainAddress } from '../devices/tls.ts'
import { Allowance } from './allowance.ts'
import { LONGEST_HELLO, readHello } from './client-hello.ts'
import { Crowd } from './crowd.ts'

/** Connections at the same time, and handshakes in a burst and each second. */
export const LIMITS = {
  /** Those that have not even begun a handshake: they cost next to nothing, and a paired device is among them for a moment. */
  silent: { inAll: 512, ofOneSource: 512 },
  strangers: { inAll: 128, ofOneSource: 32 },
  ofOneDevice: { inAll: Number.POSITIVE_INFINITY, ofOneSource: 8 },
  handshakesOfStrangers: { burst: 80, each: 40 },
  handshakesOfOneSource: { burst: 40, each: 10 },
  handshakesOfOneDevice: { burst: 40, each: 10 },
} as const

/** One connection; who it is turns out in three steps: silent, a stranger or somebody who knocked, a certificate. */
class Place {
  /** Its address; once it is known as a device, that one's id. */
  source: string
  held = false
  crowd: Crowd<Place> | null = null
  tls: TLSSocket | null = null
  readonly raw: Socket
  readonly host: string

  constructor(raw: Socket) {
    this.raw = raw
    this.host = sourceOf(raw.remoteAddress ?? '')
    this.source = this.host
  }

  /** Leaves the crowd that it is in and joins another one; ends where that has no room. */
  join(crowd: Crowd<Place>, source: string): boolean {
    this.crowd?.remove(this)
    this.source = source
    this.crowd = crowd
    const hasRoom = crowd.add(this)
    if (!hasRoom) this.end()
    return hasRoom
  }

  readonly end = (): void => {
    this.tls?.destroy()
    this.raw.destroy()
  }
}

export class Gate {
  readonly #door: Pick<Door, 'knocker' | 'standing' | 'onRefused'>
  readonly #handOn: (raw: Socket) => void
  /** By the two ends of the connection. */
  readonly #places = new Map<string, Place>()
  readonly #crowds = {
    silent: new Crowd<Place>(LIMITS.silent),
    strangers: new Crowd<Place>(LIMITS.strangers),
    devices: new Crowd<Place>(LIMITS.ofOneDevice),
  }
  readonly #allowances = {
    strangers: new Allowance(LIMITS.handshakesOfStrangers),
    sources: new Allowance(LIMITS.handshakesOfOneSource),
    devices: new Allowance(LIMITS.handshakesOfOneDevice),
  }

  /** Takes over what `server` does with new connections, and has it do that with those that may come in. */
  constructor(server: Server, door: Pick<Door, 'knocker' | 'standing' | 'onRefused'>) {
    const listeners = server.listeners('connection') as ((raw: Socket) => void)[]
    server.removeAllListeners('connection')
    server.on('connection', (raw: Socket) => this.#enter(raw))
    this.#door = door
    this.#handOn = (raw) => {
      for (const listener of listeners) listener.call(server, raw)
    }
  }

  /** How many places are taken. */
  get taken(): number {
    return this.#places.size
  }

  /** TLS stands: now it is known who it is. */
  meet(tls: TLSSocket, fingerprint: string): void {
    const place = this.#places.get(keyOf(tls))
    if (place === undefined) return void tls.destroy()
    place.tls = tls
    const { devices, strangers } = this.#crowds
    if (this.#door.standing(fingerprint) === 'paired') place.join(devices, fingerprint)
    else if (place.crowd !== strangers) place.join(strangers, place.host)
  }

  /** From now on, until it ends, it makes no room for others. */
  hold(tls: TLSSocket): void {
    const place = this.#places.get(keyOf(tls))
    if (place !== undefined) place.held = true
  }

  #enter(raw: Socket): void {
    const place = new Place(raw)
    raw.on('error', place.end)
    if (!place.join(this.#crowds.silent, place.host)) return
    const key = keyOf(raw)
    this.#places.set(key, place)
    const late = setTimeout(() => {
      if (place.tls === null) place.end()
    }, HANDSHAKE_MS)
    raw.once('close', () => {
      clearTimeout(late)
      place.crowd?.remove(place)
      if (this.#places.get(key) === place) this.#places.delete(key)
    })
    this.#listen(place)
  }

  /** Waits for the ClientHello, so that who says nothing costs little, and decides by it. */
  #listen(place: Place): void {
    const { raw } = place
    let heard: Buffer = Buffer.alloc(0)
    const onReadable = () => {
      for (let part: Buffer | null = raw.read(); part !== null; part = raw.read()) {
        heard = Buffer.concat([heard, part])
        if (heard.length > LONGEST_HELLO) break
      }
      const hello = readHello(heard)
      if (hello === 'more') return
      raw.off('readable', onReadable)
      const isAllowed = hello !== 'broken' && this.#mayShakeHands(place, hello.serverName)
      if (!isAllowed) {
        const why = hello === 'broken' ? 'no TLS handshake' : 'too many handshakes'
        this.#door.onRefused(why, { host: plainAddress(raw.remoteAddress ?? '') })
        return place.end()
      }
      raw.unshift(heard)
      this.#handOn(raw)
    }
    raw.on('readable', onReadable)
    raw.once('end', () => {
      if (place.tls === null) place.end()
    })
  }

  #mayShakeHands(place: Place, serverName: string | null): boolean {
    const device = serverName === null ? null : this.#door.knocker(serverName)
    const { devices, sources, strangers } = this.#allowances
    if (device !== null && devices.take(device)) return place.join(this.#crowds.devices, device)
    return sources.take(place.host) && strangers.take('') && place.join(this.#crowds.strangers, place.host)
  }
}

/** A connection by its two ends: the TLS socket has the same as the TCP socket below it. */
function keyOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress}|${remotePort}|${localAddress}`
}
