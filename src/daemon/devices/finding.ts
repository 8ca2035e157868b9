// Brings discovery and the roster together: what is said of this device follows the listener, and a tag on the network
// becomes the paired device that shows it. Discovery itself is loaded only while there is something to say or to look for.
import { randomBytes } from 'node:crypto'
import type { Config } from '../../contract/config.ts'
import type { Check } from '../../contract/doctor.ts'
import type { Log } from '../store/log.ts'
import type { Discovery, Found } from './discovery/discovery.ts'
import type { Roster } from './roster.ts'

/** Somebody who asks who is there is answered for this long, in milliseconds, even if nothing else needs discovery. */
const LOOK_MS = 2 * 60_000
/** A device's link is woken at most this often, in milliseconds: what is heard is only a hint, and may be a lie. */
const WAKE_MS = 5_000
/** Addresses of one device that are tried; liars can claim any number. */
const ADDRESSES_CAP = 6

/** A device on the network; `id` if its tag is that of one that this device knows. */
export interface FoundDevice extends Found {
  readonly id: string | null
}

export interface FindingContext {
  readonly config: Config
  readonly roster: Roster
  readonly log: Log
  /** Null as long as no device can be reached, or reach this one. */
  readonly fingerprint: () => string | null
  /** The listener's; null while it is closed. */
  readonly port: () => number | null
  /** Whether strangers are to be told who this is. */
  readonly isInviting: () => boolean
  readonly ownName: () => string
  /** Unix milliseconds. */
  readonly now: () => number
  /** A paired device is somewhere else than before. */
  readonly moved: (id: string) => void
}

interface Running {
  readonly discovery: Discovery
  readonly fingerprint: string
  readonly ownerOf: (tag: string) => string | undefined
}

export class Finding {
  readonly #context: FindingContext
  #running: Running | null = null
  #work: Promise<void> = Promise.resolve()
  #lookUntil = 0
  #lookEnds: NodeJS.Timeout | undefined
  /** By device: where it was found last, and when its link was woken for it. */
  readonly #places = new Map<string, { addresses: string; wokenAt: number; timer?: NodeJS.Timeout }>()
  #stopped = false

  constructor(context: FindingContext) {
    this.#context = context
  }

  /** Brings what is said and heard in step with listener, roster and invitation. Never rejects. */
  settle(): Promise<void> {
    this.#work = this.#work
      .then(() => this.#apply())
      .catch((error: unknown) => this.#context.log.error('discovery failed', error))
    return this.#work
  }

  /** Asks anew who is there, and listens for two minutes at least. */
  async look(): Promise<void> {
    this.#lookUntil = performance.now() + LOOK_MS
    clearTimeout(this.#lookEnds)
    this.#lookEnds = setTimeout(() => void this.settle(), LOOK_MS + 1).unref()
    await this.settle()
    this.#running?.discovery.look()
  }

  /** Others on the network, never this one; those seen last first. */
  found(): FoundDevice[] {
    if (this.#running === null) return []
    const { discovery, ownerOf } = this.#running
    return discovery.found().map((found) => ({ ...found, id: ownerOf(found.tag) ?? null }))
  }

  /** Where somebody is who is known, or claims, to be called so: by name, or by the first eight digits or more of the id. */
  called(word: string): string | null {
    const isCalled = ({ id, name, shortId }: FoundDevice) => {
      const known = id === null ? undefined : this.#context.roster.byId(id)
      if (known !== undefined) return word === known.name || (word.length >= 8 && known.id.startsWith(word))
      return word === name || word === shortId
    }
    return this.found().find(isCalled)?.addresses[0] ?? null
  }

  /** Where the device seems to be, `host:port` each; whoever dials checks its pin. */
  addressesOf(id: string): string[] {
    return addressesOf(this.found().filter((each) => each.id === id))
  }

  checks(): Check[] {
    const subject = 'discovery'
    if (this.#mode() === 'off')
      return [{ level: 'ok', code: 'discoveryOff', subject, says: 'off, by the config' }]
    return (
      this.#running?.discovery.checks() ?? [
        { level: 'ok', code: 'discoveryIdle', subject, says: 'not needed now' },
      ]
    )
  }

  /** The same, and what a stranger sees. Takes a second and a half. */
  async thoroughChecks(): Promise<Check[]> {
    const said = this.#running?.discovery.said() ?? null
    if (said === null) return this.checks()
    const { checkOutside } = await import('./discovery/outside.ts')
    return [...this.checks(), ...(await checkOutside(said.instance, said.places))]
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#lookEnds)
    await this.settle()
  }

  #mode(): 'off' | 'browse' | 'on' {
    const { config } = this.#context
    // A listener that only this computer reaches is not found by others.
    return isLoopback(config.lan?.address) ? 'off' : (config.discovery?.mode ?? 'on')
  }

  async #apply(): Promise<void> {
    const { fingerprint, port, isInviting, ownName, roster } = this.#context
    const mode = this.#mode()
    const self = fingerprint()
    const isLooking = performance.now() < this.#lookUntil
    const isWanted = port() !== null || isLooking || roster.paired.some(({ token }) => token !== null)
    if (this.#stopped || mode === 'off' || self === null || !isWanted) return this.#end()
    if (this.#running !== null && this.#running.fingerprint !== self) await this.#end()
    this.#running ??= await this.#begin(mode, self)
    const at = port()
    const open = isInviting() ? { name: ownName(), shortId: self.slice(0, 8) } : null
    this.#running.discovery.advertise(at === null ? null : { port: at, open })
  }

  async #begin(mode: 'browse' | 'on', fingerprint: string): Promise<Running> {
    const [{ createDiscovery }, { systemClock }, { readInterfaces }, { openWire }, { Tags }] =
      await Promise.all([
        import('./discovery/discovery.ts'),
        import('./discovery/clock.ts'),
        import('./discovery/interfaces.ts'),
        import('./discovery/wire.ts'),
        import('./discovery/tag.ts'),
      ])
    const { config, roster, now } = this.#context
    const tags = new Tags()
    const discovery = createDiscovery({
      mode,
      fingerprint,
      listed: config.discovery?.interfaces ?? [],
      address: config.lan?.address,
      clock: systemClock,
      random: Math.random,
      randomLabel: () => randomBytes(6).toString('hex'),
      readInterfaces,
      openWire,
      onChanged: () => this.#changed(),
    })
    return { discovery, fingerprint, ownerOf: (tag) => tags.ownerOf(tag, roster.members, now()) }
  }

  async #end(): Promise<void> {
    const running = this.#running
    this.#running = null
    for (const { timer } of this.#places.values()) clearTimeout(timer)
    this.#places.clear()
    await running?.discovery.stop()
  }

  #changed(): void {
    const { roster } = this.#context
    const byId = new Map<string, FoundDevice[]>()
    for (const device of this.found()) {
      if (device.id !== null) byId.set(device.id, [...(byId.get(device.id) ?? []), device])
    }
    for (const { id } of roster.paired) this.#place(id, byId.get(id) ?? [])
  }

  #place(id: string, found: readonly FoundDevice[]): void {
    const addresses = addressesOf(found).join(' ')
    const before = this.#places.get(id)
    if (addresses === (before?.addresses ?? '')) return
    const place = { ...before, addresses, wokenAt: before?.wokenAt ?? Number.NEGATIVE_INFINITY }
    this.#places.set(id, place)
    if (addresses === '') return
    clearTimeout(place.timer)
    const wait = Math.max(0, place.wokenAt + WAKE_MS - performance.now())
    const wake = () => {
      place.wokenAt = performance.now()
      this.#context.moved(id)
    }
    if (wait === 0) wake()
    else place.timer = setTimeout(wake, wait).unref()
  }
}

/** The first of each that claims to be the device, then the second of each: one that claims many hides no other. */
function addressesOf(found: readonly FoundDevice[]): string[] {
  const ranked = found.flatMap(({ addresses }) => addresses.map((address, rank) => ({ address, rank })))
  const sorted = ranked.sort((a, b) => a.rank - b.rank).map(({ address }) => address)
  return [...new Set(sorted)].slice(0, ADDRESSES_CAP)
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (/^127\./.test(address) || address === '::1')
}
