// Reading fields that come from outside: every number finite, every time believable, every name a bounded string; else
// the line is rejected with a reason that `tallyctl sources` shows.
import { isUtf8 } from 'node:buffer'
import { printable } from '../../../contract/printable.ts'
import type { Told } from './source.ts'

/** A reason not to count a line. Reasons are few and fixed, so that they can be counted. */
export class Rejected extends Error {
  override readonly name = 'Rejected'
}

/**
 * What `tell` makes of a line; where it throws, the line is rejected and nothing else is touched. Besides what we refuse ourselves,
 * that is what engines refuse: nesting too deep for the stack, an object without a primitive value.
 */
export function orRejected<M>(memory: M, tell: () => Told<M>): Told<M> {
  try {
    return tell()
  } catch (error) {
    const rejected = error instanceof Rejected ? error.message : 'it cannot be understood'
    return { memory, events: [], rejected }
  }
}

export type Fields = Readonly<Record<string, unknown>>

/** A request with more tokens than this in one class is a broken line, not a request. */
const NUMBER_CAP = 0xffff_ffff
const NAME_CAP = 200
/** The one reason that time may take away. */
export const FUTURE = 'the time is in the future'
const EARLIEST = Date.UTC(2020, 0, 1)
const DAY = 86_400_000

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a line that has to be a JSON object. */
export function fieldsOf(line: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new Rejected('not JSON')
  }
  if (!isFields(value)) throw new Rejected('not a JSON object')
  return value
}

/** A token or event count: absent or null is 0; anything but a whole number from 0 to the cap is rejected. */
export function count(value: unknown): number {
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number') throw new Rejected('a count is not a number')
  if (!(value >= 0)) throw new Rejected('a count is negative')
  if (value > NUMBER_CAP) throw new Rejected('a count is too large to be true')
  if (!Number.isInteger(value)) throw new Rejected('a count is not a whole number')
  return value
}

/** Unix milliseconds of an RFC 3339 time between 2020 and a day from `now`. */
export function time(value: unknown, now: number): number {
  if (typeof value !== 'string') throw new Rejected('no time')
  const at = Date.parse(value)
  if (Number.isNaN(at)) throw new Rejected('the time cannot be read')
  if (at < EARLIEST) throw new Rejected('the time is before 2020')
  if (at > now + DAY) throw new Rejected(FUTURE)
  return at
}

/** A name that is kept: control characters become spaces, the length is capped; absent is `absent`. */
export function name(value: unknown, absent: string): string {
  if (value === undefined || value === null) return absent
  if (typeof value !== 'string') throw new Rejected('a name is not a string')
  const clean = printable(text(value), ' ').trim().slice(0, NAME_CAP)
  if (clean === '') return absent
  return value.length <= NAME_CAP ? clean : apart(clean)
}

/** A copy: V8 keeps the whole of a text for any part of it. */
function apart(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le')
}

/** A string field, or undefined. */
export function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The true text of a string that was read one character a byte; what JSON had escaped (`\u00e9`) is true already. */
export function text(latin1: string): string {
  if (!/[\u0080-\u00ff]/.test(latin1) || /[^\0-\u00ff]/.test(latin1)) return latin1
  const bytes = Buffer.from(latin1, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1
}
