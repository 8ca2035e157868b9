// Finds other devices on the local network and lets them find this one, by multicast DNS on every real interface. What it
// finds is a hint, never trust: the pin decides.
import type { Check } from '../../../contract/doctor.ts'
import { cleanName } from '../device-name.ts'
import { checkDiscovery } from './checks.ts'
import type { Claim } from './claim.ts'
import type { Clock } from './clock.ts'
import { choose, type Facts, type Interface } from './interfaces.ts'
import { labelOf } from './name.ts'
import type { Neighbour } from './neighbours.ts'
import type { Outside } from './outside.ts'
import { Station } from './station.ts'
import { dayOf, isTag, tagOf } from './tag.ts'
import type { OpenWire } from './wire.ts'

/** The interfaces are looked at this often, in milliseconds. */
export const LOOK_MS = 3_000
/** A look that is later than this, in milliseconds, means that the computer slept, or that its clock was set. */
const SLEPT_MS = 15_000
/** Changes are told together, in milliseconds. */
const CALM_MS = 100
/** Devices that are told of. */
const FOUND_CAP = 256
/** RFC 6762 §9: after so many conflicts in this time, wait before choosing the next name. All in milliseconds. */
const CONFLICTS = { many: 15, withinMs: 10_000, waitMs: 5_000 } as const
/** Of what is said. */
const VERSION = '1'

export interface Found {
  /** Its label on the network. */
  readonly instance: string
  /** Of a device that is open to pairing; claims to be. */
  readonly name: string | null
  /** The first 8 digits of its fingerprint, where it is open to pairing; claims to be. */
  readonly shortId: string | null
  /** `host:port`, IPv4 before IPv6. */
  readonly addresses: readonly string[]
  readonly tag: string
  readonly openForPairing: boolean
  /** Unix milliseconds. */
  readonly lastSeenAt: number
}

/** What is said of this device. */
export interface Advertised {
  readonly port: number
  /** Null unless it is open to pairing. */
  readonly open: { readonly name: string; readonly shortId: string } | null
}

export interface DiscoveryContext {
  readonly mode: 'browse' | 'on'
  /** Names of the interfaces to use; the real ones where empty. */
  readonly listed: readonly string[]
  /** The one IP address that the listener has, if it is one. */
  readonly address: string | undefined
  /** Of this device. */
  readonly fingerprint: string
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** Another one each time, 1 to 63 bytes. */
  readonly randomLabel: () => string
  readonly readInterfaces: () => readonly Facts[]
  readonly openWire: OpenWire
  /** What is found changed. */
  readonly onChanged: () => void
}

export interface Discovery {
  /** Other devices, the one seen last first; never this one. */
  found(): Found[]
  /** Says where this device is, to all who ask; null takes it back. Nothing is said while the mode is `browse`. */
  advertise(what: Advertised | null): void
  /** Asks anew who is there. */
  look(): void
  checks(): Check[]
  /** What is to be found from outside: our label, and where; null while nothing is said. */
  said(): { readonly instance: string; readonly places: readonly Outside[] } | null
  /** Says goodbye and closes everything. */
  stop(): Promise<void>
}

export function createDiscovery(context: DiscoveryContext): Discovery {
  const { clock, fingerprint, listed, address } = context
  const stations = new Map<string, { station: Station; on: string }>()
  let left: readonly { readonly name: string; readonly why: string }[] = []
  let facts: readonly Facts[] = []
  let what: Advertised | null = null
  let claim: Claim | null = null
  let day = dayOf(clock.now())
  let lookedAt = clock.now()
  let conflicts = 0
  let conflictAt = 0
  let cancelLook: () => void = () => undefined
  let cancelRename: (() => void) | null = null
  let cancelTelling: (() => void) | null = null
  let stopped = false

  const all = () => [...stations.values()].map(({ station }) => station)

  /** Other names, so that nobody can tell that it is still this device; `attempt` counts from 1 where a name was taken. */
  function rename(attempt = 1): void {
    cancelRename?.()
    cancelRename = null
    day = dayOf(clock.now())
    claim = what === null || context.mode === 'browse' ? null : claimOf(what, attempt)
    for (const station of all()) station.claim()
  }

  function claimOf({ port, open }: Advertised, attempt: number): Claim {
    const texts = [`v=${VERSION}`, `t=${tagOf(fingerprint, day)}`]
    const host = context.randomLabel()
    if (open === null) return { instance: context.randomLabel(), host, port, texts }
    const suffix = attempt === 1 ? '' : ` (${attempt})`
    const instance = labelOf(open.name, 63 - suffix.length) + suffix
    return { instance, host, port, texts: [...texts, `id=${open.shortId}`] }
  }

  function conflict(): void {
    if (cancelRename !== null) return
    const now = clock.now()
    conflicts = now - conflictAt > CONFLICTS.withinMs ? 1 : conflicts + 1
    conflictAt = now
    const attempt = 1 + conflicts
    if (conflicts <= CONFLICTS.many) {
      rename(attempt)
      return
    }
    claim = null
    for (const station of all()) station.claim()
    cancelRename = clock.after(CONFLICTS.waitMs, () => rename(attempt))
  }

  function tell(): void {
    if (stopped) return
    cancelTelling ??= clock.after(CALM_MS, () => {
      cancelTelling = null
      context.onChanged()
    })
  }

  /** A system that cannot tell just now is asked again. */
  function interfaces(): readonly Facts[] {
    try {
      facts = context.readInterfaces()
    } catch {
      // What was so 3 s ago is the best guess.
    }
    return facts
  }

  function look(): void {
    cancelLook = clock.after(LOOK_MS, look)
    const now = clock.now()
    const slept = now - lookedAt > SLEPT_MS || now < lookedAt
    lookedAt = now
    const chosen = choose(interfaces(), listed, address)
    left = chosen.left
    settle(chosen.used)
    for (const station of all()) {
      if (slept) station.reopen()
      else void station.open()
      if (station.expire(now)) tell()
    }
    if (dayOf(now) !== day) rename()
  }

  /** A station for each interface; one that was made anew under its old name is another interface. */
  function settle(used: readonly Interface[]): void {
    const wanted = new Map(used.map((on) => [`${on.index} ${on.name}`, on]))
    for (const [key, { station }] of stations) {
      if (wanted.has(key)) continue
      stations.delete(key)
      void station.stop()
      tell()
    }
    for (const [key, on] of wanted) {
      const addresses = JSON.stringify(on.addresses.map((each) => Object.values(each).join('/')).sort())
      const known = stations.get(key)
      if (known === undefined) {
        const station = new Station(on, {
          clock,
          random: context.random,
          openWire: context.openWire,
          claim: () => claim,
          ours: () => all().flatMap(({ records }) => records),
          conflict,
          changed: tell,
        })
        stations.set(key, { station, on: addresses })
      } else if (known.on !== addresses) {
        known.on = addresses
        known.station.move(on)
      }
    }
  }

  look()
  return {
    found: () =>
      merge(
        all().flatMap((station) => station.neighbours(clock.now())),
        fingerprint,
        clock.now(),
      ),
    advertise(wanted) {
      if (JSON.stringify(wanted) === JSON.stringify(what)) return
      what = wanted
      conflicts = 0
      rename()
    },
    look() {
      for (const station of all()) station.ask()
    },
    checks: () =>
      checkDiscovery({
        isSaying: what !== null,
        mode: context.mode,
        stations: all(),
        left,
        now: clock.now(),
        others: merge(
          all().flatMap((each) => each.neighbours(clock.now())),
          fingerprint,
          clock.now(),
        ).length,
        conflicts: clock.now() - conflictAt < CONFLICTS.withinMs * 6 ? conflicts : 0,
      }),
    said() {
      if (claim === null) return null
      const places = all().flatMap(({ name, ipv4, isHeld }) =>
        isHeld && ipv4 !== null ? [{ name, address: ipv4 }] : [],
      )
      return { instance: claim.instance, places }
    },
    async stop() {
      stopped = true
      cancelLook()
      cancelRename?.()
      cancelTelling?.()
      await Promise.all(all().map((station) => station.stop()))
      stations.clear()
    },
  }
}

/** One device is heard on several interfaces. Whoever shows our own tag is this device, or was. */
function merge(neighbours: readonly Neighbour[], fingerprint: string, now: number): Found[] {
  const own = [-1, 0, 1].map((off) => tagOf(fingerprint, dayOf(now) + off))
  const found = new Map<string, Found>()
  for (const { instance, texts, addresses, lastSeenAt } of neighbours) {
    const tag = texts.get('t') ?? ''
    if (texts.get('v') !== VERSION || !isTag(tag) || own.includes(tag)) continue
    const id = texts.get('id') ?? ''
    const shortId = /^[0-9a-f]{8}$/.test(id) ? id : null
    const name = shortId === null ? null : cleanName(instance) || shortId
    const key = `${tag} ${instance}`
    const before = found.get(key)
    found.set(key, {
      instance,
      name,
      shortId,
      tag,
      openForPairing: shortId !== null,
      addresses: [...new Set([...(before?.addresses ?? []), ...addresses])].sort(byFamily),
      lastSeenAt: Math.max(before?.lastSeenAt ?? 0, lastSeenAt),
    })
  }
  return [...found.values()].sort((a, b) => b.lastSeenAt - a.lastSeenAt).slice(0, FOUND_CAP)
}

function byFamily(a: string, b: string): number {
  return Number(a.startsWith('[')) - Number(b.startsWith('['))
}
