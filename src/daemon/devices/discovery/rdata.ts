// What stands in the data of a record: addresses, targets, texts. Reading takes only what is well formed.
import { isIPv4 } from 'node:net'
import { labelsOf, type Name, nameBytes, nameOf } from './name.ts'

export interface Target {
  readonly host: Name
  readonly port: number
}

const TEXTS_CAP = 16

export function pointerData(target: Name): Buffer {
  return nameBytes(target)
}

export function readPointer(data: Buffer): Name {
  return readName(data, 0)
}

export function targetData({ host, port }: Target): Buffer {
  const numbers = Buffer.alloc(6)
  numbers.writeUInt16BE(port, 4)
  return Buffer.concat([numbers, nameBytes(host)])
}

/** Null where the port is 0. */
export function readTarget(data: Buffer): Target | null {
  const port = data.readUInt16BE(4)
  return port === 0 ? null : { port, host: readName(data, 6) }
}

/** Texts of 1 to 255 bytes each. */
export function textData(texts: readonly string[]): Buffer {
  const parts = texts.map((text) => Buffer.from(text))
  return Buffer.concat(parts.flatMap((part) => [Buffer.of(part.length), part]))
}

/** `key=value` pairs, RFC 6763 §6.4: a key counts the first time, in lower case. */
export function readTexts(data: Buffer): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (let at = 0; at < data.length && pairs.size < TEXTS_CAP; ) {
    const end = at + 1 + data[at]!
    if (end > data.length) break
    const [, key, value] =
      /^([\x20-\x3c\x3e-\x7e]{1,16})=(.*)$/s.exec(data.toString('utf8', at + 1, end)) ?? []
    if (key !== undefined && !pairs.has(key.toLowerCase())) pairs.set(key.toLowerCase(), value!)
    at = end
  }
  return pairs
}

export function addressData(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [plain] = address.split('%') as [string]
  const [head, tail] = plain.split('::') as [string, string | undefined]
  const groups = (text: string | undefined) =>
    text
      ? text
          .split(':')
          .flatMap((group) => (group.includes('.') ? fromIPv4(group) : [Number.parseInt(group, 16)]))
      : []
  const [first, last] = [groups(head), groups(tail)]
  const middle = tail === undefined ? [] : new Array<number>(8 - first.length - last.length).fill(0)
  const data = Buffer.alloc(16)
  for (const [index, group] of [...first, ...middle, ...last].entries()) data.writeUInt16BE(group, index * 2)
  return data
}

function fromIPv4(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}

/** IPv6 is written without `::`; it is for dialling and comparing. */
export function readAddress(data: Buffer): string {
  if (data.length === 4) return data.join('.')
  return Array.from({ length: 8 }, (_, index) => data.readUInt16BE(index * 2).toString(16)).join(':')
}

/** Whether both begin with the same `bits`. */
export function sharesPrefix(a: Buffer, b: Buffer, bits: number): boolean {
  if (a.length !== b.length) return false
  const whole = bits >> 3
  if (a.compare(b, 0, whole, 0, whole) !== 0) return false
  const rest = bits & 7
  return rest === 0 || ((a[whole]! ^ b[whole]!) & (0xff << (8 - rest)) & 0xff) === 0
}

/** NSEC: of the types with this name there are only these, RFC 6762 §6.1. */
export function onlyData(name: Name, types: readonly number[]): Buffer {
  const bits = Buffer.alloc(Math.floor(Math.max(...types) / 8) + 1)
  for (const type of types) bits[type >> 3]! |= 0x80 >> (type & 7)
  return Buffer.concat([nameBytes(name), Buffer.of(0, bits.length), bits])
}

/** Our own reading, of a name that is written out. */
function readName(data: Buffer, from: number): Name {
  const labels: string[] = []
  for (let at = from; at < data.length && data[at] !== 0; at += data[at]! + 1) {
    labels.push(data.toString('utf8', at + 1, at + 1 + data[at]!))
  }
  return nameOf(...labels)
}

export function firstLabel(name: Name): string {
  return labelsOf(name)[0] ?? ''
}
