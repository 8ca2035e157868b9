// The devices that one interface hears of, from records that anybody may have sent: bounded, believed no longer than they say,
// and no address is taken that is not on this very network.
import { SERVICE } from './claim.ts'
import { type Interface, isLinkLocal, isOnLink } from './interfaces.ts'
import { type Name, sameName } from './name.ts'
import { type Packet, type Question, type ResourceRecord, TYPE } from './packet.ts'
import { firstLabel, readAddress, readPointer, readTarget, readTexts, type Target } from './rdata.ts'

/** Instances of one interface; beyond, news of unknown ones is not taken until others expire. */
const INSTANCES_CAP = 256
/** Addresses of one device. */
const ADDRESSES_CAP = 8
/** Nothing is believed longer, in seconds. */
const LONGEST_TTL = 4_500
/** RFC 6762 §10.1: a goodbye takes effect after this long, in milliseconds. */
const GOODBYE_MS = 1_000
/** §10.2: records older than this, in milliseconds, give way to those that say that they are all. */
const FLUSH_MS = 1_000
/** Instances that lack something are asked for, this many times each. */
const ASKED_CAP = 3
/** Known answers of one question: more do not fit a packet. */
const KNOWN_CAP = 20

export interface Neighbour {
  /** The instance's label. */
  readonly instance: string
  readonly texts: ReadonlyMap<string, string>
  /** `host:port`, an IPv6 address in brackets, one that needs it with its zone. */
  readonly addresses: readonly string[]
  /** Unix milliseconds. */
  readonly lastSeenAt: number
}

interface Entry {
  readonly name: Name
  pointer: ResourceRecord | null
  target: Target | null
  /** The bytes of its TXT record. */
  texts: Buffer | null
  /** By the bytes in hexadecimal. */
  readonly addresses: Map<string, { readonly data: Buffer; readonly seenAt: number }>
  seenAt: number
  endsAt: number
  asked: number
}

export class Neighbours {
  readonly #on: Interface
  readonly #entries = new Map<string, Entry>()
  #changed = false

  constructor(on: Interface) {
    this.#on = on
  }

  /** Takes what an answer says; whether anything that counts changed. `now` in Unix milliseconds. */
  take(packet: Packet, now: number): boolean {
    if (!packet.response) return false
    this.#changed = false
    const records = [...packet.answers, ...packet.additionals]
    for (const record of records) if (record.type === TYPE.PTR) this.#takePointer(record, now)
    for (const record of records) this.#takeService(record, now)
    this.#takeAddresses(records, now)
    return this.#changed
  }

  /** Those that are known well enough to be dialled. */
  list(now: number): Neighbour[] {
    this.expire(now)
    return [...this.#entries.values()].flatMap((entry) => {
      const { name, target, texts, seenAt } = entry
      if (target === null || texts === null || entry.addresses.size === 0) return []
      const addresses = [...entry.addresses.values()].map(({ data }) => this.#dialled(data, target.port))
      return [{ instance: firstLabel(name), texts: readTexts(texts), addresses, lastSeenAt: seenAt }]
    })
  }

  /** What to ask to know more: who is there, except for those who are known well. */
  question(now: number): { questions: Question[]; answers: ResourceRecord[] } {
    this.expire(now)
    const known = [...this.#entries.values()].flatMap(({ pointer, endsAt }) => {
      const left = Math.floor((endsAt - now) / 1000)
      return pointer === null || left < pointer.ttl / 2 ? [] : [{ ...pointer, ttl: left }]
    })
    return {
      questions: [{ name: SERVICE, type: TYPE.PTR, unicast: false }],
      answers: known.slice(0, KNOWN_CAP),
    }
  }

  /** What is missing about those that were only half heard; empty if nothing, or if it was asked often enough. */
  missing(now: number): Question[] {
    this.expire(now)
    const half = [...this.#entries.values()].filter(
      ({ target, texts, addresses, asked }) =>
        asked < ASKED_CAP && (target === null || texts === null || addresses.size === 0),
    )
    return half.slice(0, KNOWN_CAP).map((entry) => {
      entry.asked++
      const name = entry.target === null || entry.texts === null ? entry.name : entry.target.host
      return { name, type: TYPE.ANY, unicast: false }
    })
  }

  #takePointer(record: ResourceRecord, now: number): void {
    if (!sameName(record.name, SERVICE)) return
    const name = readPointer(record.data)
    if (!name.toLowerCase().endsWith(`.${SERVICE}`)) return
    const key = name.toLowerCase()
    const entry = this.#entries.get(key)
    if (record.ttl === 0) {
      if (entry !== undefined) entry.endsAt = Math.min(entry.endsAt, now + GOODBYE_MS)
      return
    }
    const endsAt = now + Math.min(record.ttl, LONGEST_TTL) * 1000
    if (entry !== undefined) {
      Object.assign(entry, { pointer: record, seenAt: now, endsAt })
      return
    }
    this.expire(now)
    if (this.#entries.size >= INSTANCES_CAP) return
    const nothing = { target: null, texts: null, addresses: new Map(), asked: 0 }
    this.#entries.set(key, { name, pointer: record, ...nothing, seenAt: now, endsAt })
  }

  #takeService({ name, type, ttl, data }: ResourceRecord, now: number): void {
    if ((type !== TYPE.SRV && type !== TYPE.TXT) || ttl === 0) return
    const entry = this.#entries.get(name.toLowerCase())
    if (entry === undefined) return
    entry.seenAt = now
    if (type === TYPE.TXT) {
      if (entry.texts?.equals(data)) return
      entry.texts = data
    } else {
      const target = readTarget(data)
      if (target?.host === entry.target?.host && target?.port === entry.target?.port) return
      if (target?.host !== entry.target?.host) entry.addresses.clear()
      entry.target = target
    }
    this.#changed = true
  }

  #takeAddresses(records: readonly ResourceRecord[], now: number): void {
    const found = records.filter(({ type }) => type === TYPE.A || type === TYPE.AAAA)
    if (found.length === 0) return
    const byHost = new Map<string, ResourceRecord[]>()
    for (const record of found) {
      const key = record.name.toLowerCase()
      byHost.set(key, [...(byHost.get(key) ?? []), record].slice(0, ADDRESSES_CAP * 2))
    }
    for (const entry of this.#entries.values()) {
      const own = entry.target === null ? undefined : byHost.get(entry.target.host.toLowerCase())
      for (const record of own ?? []) this.#takeAddress(entry, record, now)
    }
  }

  #takeAddress(entry: Entry, { type, data, ttl, flush }: ResourceRecord, now: number): void {
    const { addresses } = entry
    const key = data.toString('hex')
    const before = addresses.size
    if (flush) forgetOlder(addresses, type, now)
    if (ttl === 0) addresses.delete(key)
    else if (addresses.has(key) || (addresses.size < ADDRESSES_CAP && this.#isDialled(data))) {
      if (!addresses.has(key)) this.#changed = true
      addresses.set(key, { data, seenAt: now })
      entry.seenAt = now
    }
    if (addresses.size !== before) this.#changed = true
  }

  /** Of this network, and one host's: a record must not have us dial somebody elsewhere. */
  #isDialled(data: Buffer): boolean {
    return (
      isOnLink(this.#on, data) &&
      data[0] !== 0 &&
      data[0]! !== 0xff &&
      !(data.length === 4 && data[0]! >= 224)
    )
  }

  #dialled(data: Buffer, port: number): string {
    if (data.length === 4) return `${readAddress(data)}:${port}`
    return `[${readAddress(data)}${isLinkLocal(data) ? `%${this.#on.name}` : ''}]:${port}`
  }

  /** Forgets whose time is over; whether that was anybody. */
  expire(now: number): boolean {
    const before = this.#entries.size
    for (const [key, { endsAt }] of this.#entries) if (endsAt <= now) this.#entries.delete(key)
    return this.#entries.size !== before
  }
}

function forgetOlder(addresses: Entry['addresses'], type: number, now: number): void {
  for (const [key, { data, seenAt }] of addresses) {
    const isOfType = data.length === (type === TYPE.A ? 4 : 16)
    if (isOfType && now - seenAt > FLUSH_MS) addresses.delete(key)
  }
}
