// A network in memory with a clock that a test holds: days pass in milliseconds, and every packet is kept.
import type { Clock } from '../../../../src/daemon/devices/discovery/clock.ts'
import { createDiscovery, type Discovery } from '../../../../src/daemon/devices/discovery/discovery.ts'
import type { Facts, Interface } from '../../../../src/daemon/devices/discovery/interfaces.ts'
import { decode, encode, type Packet } from '../../../../src/daemon/devices/discovery/packet.ts'
import type { OpenWire, Source, WireContext } from '../../../../src/daemon/devices/discovery/wire.ts'

interface Due {
  readonly at: number
  readonly run: () => void
}

export class HeldClock implements Clock {
  #now: number
  #due: Due[] = []

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const entry = { at: this.#now + ms, run }
    this.#due.push(entry)
    return () => {
      this.#due = this.#due.filter((each) => each !== entry)
    }
  }

  /** Runs what is due within the next `ms`, in order; what was promised meanwhile is kept in between. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms
    while (true) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#due.reduce<Due | null>(
        (first, each) => (each.at <= end && (first === null || each.at < first.at) ? each : first),
        null,
      )
      if (next === null) break
      this.#due = this.#due.filter((each) => each !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = end
  }

  /** Time passes and nobody notices, as when a computer sleeps. */
  sleep(ms: number): void {
    this.#now += ms
    this.#due = this.#due.map((each) => ({ ...each, at: each.at + ms }))
  }
}

export interface Kept {
  readonly at: number
  readonly from: string
  readonly bytes: Buffer
  readonly packet: Packet
}

/** One network segment: what anybody sends reaches all, the sender too. */
export class Segment {
  readonly clock: HeldClock
  readonly kept: Kept[] = []
  /** Whether what is sent arrives anywhere. */
  isUp = true
  readonly #joined = new Set<{ readonly on: Interface; readonly context: WireContext }>()

  constructor(clock: HeldClock) {
    this.clock = clock
  }

  readonly openWire: OpenWire = async (on, context) => {
    const joined = { on, context }
    this.#joined.add(joined)
    const address = on.addresses[0]!.address
    return {
      families: [4],
      floodedAt: null,
      send: (packet, to) => {
        this.say(address, encode(packet), typeof to === 'number' ? null : to.address)
      },
      close: async () => void this.#joined.delete(joined),
    }
  }

  /** Anybody's bytes, to all or to one. */
  say(from: string, bytes: Buffer, to: string | null = null, port = 5353): void {
    const packet = decode(bytes)
    if (!this.isUp) return
    if (packet !== null) this.kept.push({ at: this.clock.now(), from, bytes, packet })
    const source: Source = { family: 4, address: from, port }
    for (const { on, context } of [...this.#joined]) {
      const isMeant = to === null || on.addresses.some(({ address }) => address === to)
      if (packet !== null && isMeant) context.received(packet, source)
    }
  }

  device(
    n: number,
    fingerprint: string,
    more: Partial<Parameters<typeof createDiscovery>[0]> = {},
  ): Discovery {
    let labels = 0
    return createDiscovery({
      mode: 'on',
      listed: [],
      address: undefined,
      fingerprint,
      clock: this.clock,
      random: () => 0.5,
      // Not random, but never the same again.
      randomLabel: () => `label${fingerprint.slice(0, 4)}${(++labels).toString().padStart(4, '0')}z`,
      readInterfaces: () => [eth0(`10.77.0.${n}`)],
      openWire: this.openWire,
      onChanged: () => undefined,
      ...more,
    })
  }
}

export function eth0(address: string, index = 2): Facts {
  return { name: 'eth0', index, loopback: false, unreal: null, addresses: [{ address, family: 4, bits: 24 }] }
}
