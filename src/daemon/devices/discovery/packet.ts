// The bytes of multicast DNS: reads what anybody may have sent, bounded and without throwing, and writes what we send.
// Knows the record types that DNS-SD needs (RFC 1035, 6762, 6763); a record of any other type is passed over.

import { labelBytes, labelsOf, NAME_BYTES, type Name, nameBytes, nameOf } from './name.ts'

/** Record types, RFC 1035 §3.2.2, RFC 3596, RFC 2782, RFC 4034. */
export const TYPE = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, NSEC: 47, ANY: 255 } as const

const CLASS_IN = 1
const CLASS_ANY = 255
/** The top bit of the class: "flush the cache" in a record, "answer by unicast" in a question. RFC 6762 §5.4, §10.2. */
const TOP = 0x8000
/** RFC 6762 §17: no packet is longer, in bytes. */
const PACKET_BYTES = 9_000
/** Questions and records of one packet; more than any honest one holds. */
const ENTRIES_CAP = 200
const JUMPS_CAP = 16
const HEADER_BYTES = 12

export interface Question {
  readonly name: Name
  readonly type: number
  readonly unicast: boolean
}

export interface ResourceRecord {
  readonly name: Name
  readonly type: number
  readonly flush: boolean
  /** Seconds. */
  readonly ttl: number
  /** Names in it are written out. */
  readonly data: Buffer
}

export interface Packet {
  readonly id: number
  readonly response: boolean
  /** More known answers follow in another packet. */
  readonly truncated: boolean
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  readonly additionals: readonly ResourceRecord[]
}

export const EMPTY: Packet = {
  id: 0,
  response: false,
  truncated: false,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
}

/** The packet, or null where it is none that RFC 6762 §18 has us listen to. Never throws. */
export function decode(bytes: Buffer): Packet | null {
  if (bytes.length < HEADER_BYTES || bytes.length > PACKET_BYTES) return null
  const flags = bytes.readUInt16BE(2)
  // §18.3 and §18.11: another opcode or an error code is silently ignored.
  if ((flags & 0x780f) !== 0) return null
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at)) as [number, number, number, number]
  if (counts[0] + counts[1] + counts[2] + counts[3] > ENTRIES_CAP) return null
  const reader = new Reader(bytes)
  try {
    return {
      id: bytes.readUInt16BE(0),
      response: (flags & 0x8000) !== 0,
      truncated: (flags & 0x0200) !== 0,
      questions: reader.questions(counts[0]),
      answers: reader.records(counts[1]),
      authorities: reader.records(counts[2]),
      additionals: reader.records(counts[3]),
    }
  } catch {
    return null
  }
}

class Reader {
  #at = HEADER_BYTES
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  questions(count: number): Question[] {
    const found: Question[] = []
    for (let index = 0; index < count; index++) {
      const name = this.#name()
      const type = this.#uint16()
      const cls = this.#uint16()
      if (isOurClass(cls)) found.push({ name, type, unicast: (cls & TOP) !== 0 })
    }
    return found
  }

  records(count: number): ResourceRecord[] {
    const found: ResourceRecord[] = []
    for (let index = 0; index < count; index++) {
      const name = this.#name()
      const type = this.#uint16()
      const cls = this.#uint16()
      const ttl = this.#bytes.readUInt32BE(this.#at)
      this.#at += 4
      const length = this.#uint16()
      const end = this.#at + length
      if (end > this.#bytes.length) throw new RangeError('the record ends after the packet')
      const data = this.#data(type, end)
      this.#at = end
      if (data !== null && isOurClass(cls)) found.push({ name, type, flush: (cls & TOP) !== 0, ttl, data })
    }
    return found
  }

  #data(type: number, end: number): Buffer | null {
    const bytes = this.#bytes
    const length = end - this.#at
    switch (type) {
      case TYPE.A:
        return length === 4 ? Buffer.from(bytes.subarray(this.#at, end)) : null
      case TYPE.AAAA:
        return length === 16 ? Buffer.from(bytes.subarray(this.#at, end)) : null
      case TYPE.TXT:
        return Buffer.from(bytes.subarray(this.#at, end))
      case TYPE.PTR:
        return nameBytes(this.#name())
      case TYPE.SRV: {
        if (length < 7) return null
        const numbers = bytes.subarray(this.#at, this.#at + 6)
        this.#at += 6
        return Buffer.concat([numbers, nameBytes(this.#name())])
      }
      default:
        return null
    }
  }

  #uint16(): number {
    const value = this.#bytes.readUInt16BE(this.#at)
    this.#at += 2
    return value
  }

  #name(): Name {
    const labels: string[] = []
    let at = this.#at
    let next: number | null = null
    let jumps = 0
    let total = 1
    while (true) {
      const length = this.#bytes.readUInt8(at)
      if (length === 0) break
      if ((length & 0xc0) === 0xc0) {
        const target = this.#bytes.readUInt16BE(at) & 0x3fff
        // RFC 1035 §4.1.4: a pointer goes to something before it; forwards or in place it could go round for ever.
        if (target >= at || ++jumps > JUMPS_CAP) throw new RangeError('a pointer that leads nowhere')
        next ??= at + 2
        at = target
        continue
      }
      total += length + 1
      if ((length & 0xc0) !== 0 || total > NAME_BYTES || at + 1 + length > this.#bytes.length) {
        throw new RangeError('a label that is too long')
      }
      const label = this.#bytes.toString('utf8', at + 1, at + 1 + length)
      // RFC 6762 §16: names are UTF-8. What is not would come out longer than it went in, too long to be written again.
      if (Buffer.byteLength(label) !== length) throw new RangeError('a label that is not UTF-8')
      labels.push(label)
      at += length + 1
    }
    this.#at = next ?? at + 1
    return nameOf(...labels)
  }
}

/** The bytes of a packet. Throws RangeError where a label or a name of ours is too long. */
export function encode(packet: Packet): Buffer {
  const { id, response, truncated, questions, answers, authorities, additionals } = packet
  const writer = new Writer()
  // A response is authoritative, RFC 6762 §18.4.
  writer.uint16(id, (response ? 0x8400 : 0) | (truncated ? 0x0200 : 0))
  writer.uint16(questions.length, answers.length, authorities.length, additionals.length)
  for (const { name, type, unicast } of questions) {
    writer.name(name)
    writer.uint16(type, CLASS_IN | (unicast ? TOP : 0))
  }
  for (const { name, type, flush, ttl, data } of [...answers, ...authorities, ...additionals]) {
    writer.name(name)
    writer.uint16(type, CLASS_IN | (flush ? TOP : 0), Math.floor(ttl / 0x10000), ttl % 0x10000, data.length)
    writer.bytes(data)
  }
  return writer.done()
}

class Writer {
  readonly #parts: Buffer[] = []
  readonly #places = new Map<string, number>()
  #length = 0

  uint16(...values: readonly number[]): void {
    const bytes = Buffer.alloc(values.length * 2)
    for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
    this.bytes(bytes)
  }

  bytes(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
  }

  /** What was written before is pointed at. */
  name(name: Name): void {
    const labels = labelsOf(name)
    for (let index = 0; index < labels.length; index++) {
      const rest = labels.slice(index).join('\0').toLowerCase()
      const place = this.#places.get(rest)
      if (place !== undefined) {
        this.uint16(0xc000 | place)
        return
      }
      if (this.#length < 0x3fff) this.#places.set(rest, this.#length)
      this.bytes(labelBytes(labels[index]!))
    }
    this.bytes(Buffer.alloc(1))
  }

  done(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

function isOurClass(cls: number): boolean {
  return (cls & ~TOP) === CLASS_IN || (cls & ~TOP) === CLASS_ANY
}
