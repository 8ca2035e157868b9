// Numbers, times, names and keys straight from a line's bytes, between the indexes that an outline found. Each says what the
// functions of fields.ts and hash.ts say of the parsed value, or ODD where only they can tell.
import { type Key, keyOfBytes } from '../ledger/hash.ts'
import { DAY, EARLIEST, NUMBER_CAP, name } from './fields.ts'
import { ODD, QUOTE, ZERO } from './json-bytes.ts'
import type { Outline } from './outline.ts'

const DIGITS_CAP = 10
const NULL_BEGINS = 0x6e
/** Longer ids are not remembered. */
const ID_CAP = 128
/** Names remembered at most. */
const PLACES = 128

/** See `count`: 0 for what is absent or null, ODD for what is not plainly a count. */
export function countAt(bytes: Buffer, { starts, ends }: Outline, slot: number): number {
  const start = starts[slot]!
  const end = ends[slot]!
  if (start === 0 || bytes[start] === NULL_BEGINS) return 0
  if (end - start > DIGITS_CAP) return ODD
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return ODD
    value = value * 10 + digit
  }
  return value <= NUMBER_CAP ? value : ODD
}

let lastDate = 0
let lastMidnight = 0

/** See `time`: Unix milliseconds of the usual form 2026-11-20T22:30:00.123Z. A log's lines share their dates. */
export function timeAt(bytes: Buffer, { starts, ends }: Outline, slot: number, now: number): number {
  const at = starts[slot]! + 1
  if (starts[slot] === 0 || ends[slot] !== at + 25 || !hasUsualMarks(bytes, at)) return ODD
  const date = digits(bytes, at, 4) * 10_000 + digits(bytes, at + 5, 2) * 100 + digits(bytes, at + 8, 2)
  const hours = digits(bytes, at + 11, 2)
  const minutes = digits(bytes, at + 14, 2)
  const seconds = digits(bytes, at + 17, 2)
  const milliseconds = digits(bytes, at + 20, 3)
  const isUsual = date >= 0 && hours < 24 && minutes < 60 && seconds < 60 && milliseconds >= 0
  if (!isUsual) return ODD
  if (date !== lastDate) {
    lastMidnight = Date.parse(`${bytes.toString('latin1', at, at + 10)}T00:00:00.000Z`)
    lastDate = date
  }
  const time = lastMidnight + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + milliseconds
  return time >= EARLIEST && time <= now + DAY ? time : ODD
}

/** 2026-11-20T22:30:00.123Z between quotes. */
function hasUsualMarks(bytes: Buffer, at: number): boolean {
  return (
    bytes[at - 1] === QUOTE &&
    bytes[at + 4] === 0x2d &&
    bytes[at + 7] === 0x2d &&
    bytes[at + 10] === 0x54 &&
    bytes[at + 13] === 0x3a &&
    bytes[at + 16] === 0x3a &&
    bytes[at + 19] === 0x2e &&
    bytes[at + 23] === 0x5a
  )
}

/** NaN where one of them is no digit. */
function digits(bytes: Buffer, at: number, length: number): number {
  let number = 0
  for (let i = at; i < at + length; i++) {
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

/** Whether the slot holds a string. */
export function isString(bytes: Buffer, { starts }: Outline, slot: number): boolean {
  return starts[slot] !== 0 && bytes[starts[slot]!] === QUOTE
}

/** The key of `prefix` and a string, remembered: the lines of a file share their session, those of a stream their message. */
export class LastKey {
  readonly #prefix: string
  readonly #bytes = Buffer.alloc(ID_CAP)
  #length = -1
  #key: Key = { a: 0, b: 0 }

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  at(bytes: Buffer, { starts, ends }: Outline, slot: number): Key {
    const start = starts[slot]! + 1
    const length = ends[slot]! - 1 - start
    if (length === this.#length && isSame(this.#bytes, bytes, start, length)) return this.#key
    this.#key = keyOfBytes(this.#prefix, bytes, start, start + length)
    this.#length = length <= ID_CAP ? length : -1
    for (let i = 0; i < this.#length; i++) this.#bytes[i] = bytes[start + i]!
    return this.#key
  }
}

/** Names as `name` gives them, each made once: there are few, and each is on thousands of lines. */
export class KnownNames {
  readonly #absent: string
  readonly #known: ({ bytes: Buffer; name: string } | null)[] = new Array(PLACES).fill(null)

  /** `absent` is the name of what has none. */
  constructor(absent: string) {
    this.#absent = absent
  }

  /** The name that the slot's string gives. */
  at(bytes: Buffer, { starts, ends }: Outline, slot: number): string {
    const start = starts[slot]! + 1
    const end = ends[slot]! - 1
    // Two names that meet in one place take turns in it.
    const place = (end - start + bytes[start]! * 3 + bytes[end - 1]! * 5) % PLACES
    const known = this.#known[place]!
    const length = end - start
    if (known !== null && known.bytes.length === length && isSame(known.bytes, bytes, start, length))
      return known.name
    const fresh = name(bytes.toString('latin1', start, end), this.#absent)
    this.#known[place] = { bytes: Buffer.from(bytes.subarray(start, end)), name: fresh }
    return fresh
  }
}

/** Ids differ at their ends first. */
function isSame(known: Buffer, bytes: Buffer, start: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (known[i] !== bytes[start + i]) return false
  return true
}

/** The string in a slot, its escapes resolved; null if JSON does not know them. */
export function stringAt(bytes: Buffer, { starts, ends }: Outline, slot: number): string | null {
  try {
    return JSON.parse(bytes.toString('latin1', starts[slot]!, ends[slot]!))
  } catch {
    return null
  }
}
