// The records by which a device is found: made, compared, and picked to answer questions. Nothing here knows sockets or time.
import type { Address } from './interfaces.ts'
import { type Name, nameOf, sameName } from './name.ts'
import { type Question, type ResourceRecord, TYPE } from './packet.ts'
import { addressData, onlyData, pointerData, targetData, textData } from './rdata.ts'

export const SERVICE: Name = '_tallyd._tcp.local'
/** RFC 6763 §9: which kinds of service there are. */
export const SERVICES: Name = '_services._dns-sd._udp.local'
/** Seconds, RFC 6762 §10: what names a host, and everything else. */
const HOST_TTL = 120
const OTHER_TTL = 4_500

/** What is said of this device. */
export interface Claim {
  /** The label of the service's instance. */
  readonly instance: string
  /** The label of the host. */
  readonly host: string
  readonly port: number
  /** `key=value` each. */
  readonly texts: readonly string[]
}

export interface ClaimRecords {
  readonly instance: Name
  readonly host: Name
  /** Others may hold the same name: pointers. */
  readonly shared: readonly ResourceRecord[]
  /** Ours alone, to be probed for and defended. */
  readonly unique: readonly ResourceRecord[]
  /** What there is not. */
  readonly nothingElse: readonly ResourceRecord[]
}

export interface Answer {
  readonly answers: ResourceRecord[]
  readonly additionals: ResourceRecord[]
}

/** The records for one interface, with just its addresses. */
export function recordsOf(
  { instance, host, port, texts }: Claim,
  addresses: readonly Address[],
): ClaimRecords {
  const instanceName = `${nameOf(instance)}.${SERVICE}`
  const hostName = `${nameOf(host)}.local`
  const record = (name: Name, type: number, ttl: number, data: Buffer): ResourceRecord => {
    return { name, type, ttl, data, flush: type !== TYPE.PTR }
  }
  const hostRecords = addresses.map(({ address, family }) =>
    record(hostName, family === 4 ? TYPE.A : TYPE.AAAA, HOST_TTL, addressData(address)),
  )
  const hostTypes = [...new Set(hostRecords.map(({ type }) => type))]
  return {
    instance: instanceName,
    host: hostName,
    shared: [
      record(SERVICE, TYPE.PTR, OTHER_TTL, pointerData(instanceName)),
      record(SERVICES, TYPE.PTR, OTHER_TTL, pointerData(SERVICE)),
    ],
    unique: [
      record(instanceName, TYPE.SRV, HOST_TTL, targetData({ host: hostName, port })),
      record(instanceName, TYPE.TXT, OTHER_TTL, textData(texts)),
      ...hostRecords,
    ],
    nothingElse: [
      record(instanceName, TYPE.NSEC, HOST_TTL, onlyData(instanceName, [TYPE.TXT, TYPE.SRV])),
      ...(hostTypes.length === 0
        ? []
        : [record(hostName, TYPE.NSEC, HOST_TTL, onlyData(hostName, hostTypes))]),
    ],
  }
}

export function sameRecord(a: ResourceRecord, b: ResourceRecord): boolean {
  return a.type === b.type && sameName(a.name, b.name) && a.data.equals(b.data)
}

/** What there is to say to these questions that the asker does not know yet; empty answers mean silence. */
export function answer(
  records: ClaimRecords,
  questions: readonly Question[],
  known: readonly ResourceRecord[],
): Answer {
  const answers = new Set<ResourceRecord>()
  for (const question of questions) {
    for (const record of answersTo(records, question)) if (!isKnown(record, known)) answers.add(record)
  }
  const additionals = new Set<ResourceRecord>()
  for (const { name, type } of answers) {
    // RFC 6763 §12: with a pointer come the service and its addresses, with the service its addresses.
    const isOurs = type === TYPE.PTR && sameName(name, SERVICE)
    if (isOurs) for (const record of records.unique) additionals.add(record)
    if (type === TYPE.SRV || type === TYPE.A || type === TYPE.AAAA) {
      for (const record of ofName(records, records.host)) additionals.add(record)
    }
    if (type !== TYPE.PTR || isOurs) for (const record of records.nothingElse) additionals.add(record)
  }
  return {
    answers: [...answers],
    additionals: [...additionals].filter((record) => !answers.has(record)),
  }
}

function answersTo(records: ClaimRecords, { name, type }: Question): ResourceRecord[] {
  const isAsked = (record: ResourceRecord) => type === TYPE.ANY || type === record.type
  const shared = records.shared.filter((record) => sameName(record.name, name) && isAsked(record))
  if (shared.length > 0) return shared
  const own = ofName(records, name)
  const asked = own.filter(isAsked)
  if (own.length === 0 || asked.length > 0) return asked
  // RFC 6762 §6.1: what owns a name says so when asked for a type that it does not have.
  return records.nothingElse.filter((record) => sameName(record.name, name))
}

function ofName(records: ClaimRecords, name: Name): ResourceRecord[] {
  return records.unique.filter((record) => sameName(record.name, name))
}

/** RFC 6762 §7.1: known answers count while at least half of their time is left. */
function isKnown(record: ResourceRecord, known: readonly ResourceRecord[]): boolean {
  return known.some((other) => other.ttl >= record.ttl / 2 && sameRecord(record, other))
}

/** Which of our names a packet's records claim with other data; `ours` are our records on all interfaces. */
export function contested(
  found: readonly ResourceRecord[],
  { instance, host }: ClaimRecords,
  ours: readonly ResourceRecord[],
): 'instance' | 'host' | null {
  for (const record of found) {
    const name = sameName(record.name, instance) ? 'instance' : sameName(record.name, host) ? 'host' : null
    if (name === null || record.ttl === 0 || record.type === TYPE.PTR) continue
    if (!ours.some((own) => sameRecord(own, record))) return name
  }
  return null
}

/** RFC 6762 §8.2: of two that probe for one name at once, whether the other one wins. */
export function losesTo(found: readonly ResourceRecord[], records: ClaimRecords): boolean {
  return [records.instance, records.host].some((name) => {
    const theirs = found.filter((record) => sameName(record.name, name)).sort(byTypeAndData)
    const ours = [...ofName(records, name)].sort(byTypeAndData)
    if (theirs.length === 0) return false
    for (const [index, record] of ours.entries()) {
      const other = theirs[index]
      if (other === undefined) return false
      const order = byTypeAndData(record, other)
      if (order !== 0) return order < 0
    }
    return theirs.length > ours.length
  })
}

function byTypeAndData(a: ResourceRecord, b: ResourceRecord): number {
  return a.type - b.type || a.data.compare(b.data)
}
