// Counts, times and keys from their bytes: what fields.ts and hash.ts in src/daemon/usage say of the parsed value, or ODD where only
// they can tell.
import { ODD, plainEnd, QUOTE, startsWith, ZERO } from './bytes'

const NUMBER_CAP: u64 = 0xffff_ffff
const DIGITS_CAP: usize = 10
const DAY_MS: f64 = 86_400_000
/** 2020-01-01, in days and in milliseconds since 1970. */
const EARLIEST: f64 = 18_262 * DAY_MS
/** Longer ids are not remembered. */
const ID_CAP: usize = 128

/** What `countEnd` read. */
export let counted: u32 = 0

/** Position behind the count at `at`; null is 0. */
export function countEnd(at: usize): usize {
  let value: u64 = 0
  let end = at
  while (true) {
    const digit = load<u8>(end) - ZERO
    if (digit > 9) break
    value = value * 10 + digit
    end++
  }
  const length = end - at
  const next = load<u8>(end)
  if (length === 0) {
    counted = 0
    return startsWith(at, 'null') ? at + 4 : ODD
  }
  const isWhole = next !== 46 && (next | 32) !== 101
  const isJson = length === 1 || load<u8>(at) !== ZERO
  if (!isWhole || !isJson || length > DIGITS_CAP || value > NUMBER_CAP) return ODD
  counted = <u32>value
  return end
}

/** What `timeEnd` read, in Unix milliseconds. */
export let timed: f64 = 0

/** Position behind the time at `at`, in the usual form 2026-11-20T22:30:00.123Z and between 2020 and a day from `now`. */
export function timeEnd(at: usize, now: f64): usize {
  const text = at + 1
  if (load<u8>(at) !== QUOTE || plainEnd(text) !== text + 24 || !hasUsualMarks(text)) return ODD
  const year = digits(text, 4)
  const month = digits(text + 5, 2)
  const day = digits(text + 8, 2)
  const hours = digits(text + 11, 2)
  const minutes = digits(text + 14, 2)
  const seconds = digits(text + 17, 2)
  const milliseconds = digits(text + 20, 3)
  // One that is no number is larger than any.
  if (year > 9999 || month - 1 > 11 || day - 1 > 27 + daysOver28(year, month) || hours > 23) return ODD
  if (minutes > 59 || seconds > 59 || milliseconds > 999) return ODD
  const inDay = ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
  timed = <f64>daysTo(year, month, day) * DAY_MS + <f64>inDay
  return timed >= EARLIEST && timed <= now + DAY_MS ? text + 25 : ODD
}

function hasUsualMarks(at: usize): bool {
  return (
    load<u8>(at + 4) === 0x2d &&
    load<u8>(at + 7) === 0x2d &&
    load<u8>(at + 10) === 0x54 &&
    load<u8>(at + 13) === 0x3a &&
    load<u8>(at + 16) === 0x3a &&
    load<u8>(at + 19) === 0x2e &&
    load<u8>(at + 23) === 0x5a
  )
}

/** Larger than any number of that many digits where one of them is no digit. */
function digits(at: usize, length: usize): u32 {
  let number: u32 = 0
  for (let end = at + length; at < end; at++) {
    const digit = load<u8>(at) - ZERO
    if (digit > 9) return 0xffff_ffff
    number = number * 10 + digit
  }
  return number
}

function daysOver28(year: u32, month: u32): u32 {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 2 : 3
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
}

/** Days from 1970-01-01 to a date of the Gregorian calendar; the year is taken to begin in March, so that its leap day is its last. */
function daysTo(year: u32, month: u32, day: u32): i32 {
  const shifted = <i32>year - (month < 3 ? 1 : 0)
  const inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + <i32>inYear - 719_468
}

/** Writes a number in decimal digits at `at`, and returns the position behind them. */
export function writeNumber(at: usize, value: u32): usize {
  let length: usize = 1
  for (let rest = value / 10; rest > 0; rest /= 10) length++
  const end = at + length
  let digit = end
  do {
    digit--
    store<u8>(digit, ZERO + <u8>(value % 10))
    value /= 10
  } while (value > 0)
  return end
}

const A_FACTOR = <i32>0xcc9e2d51
const B_FACTOR = <i32>0x1b873593

/** What `hash` made. */
export let keyA: u32 = 0
export let keyB: u32 = 0

/** The key of `prefix` and the `length` bytes at `at`: `keyOf` in hash.ts. */
export function hash(prefix: string, at: usize, length: usize): void {
  const lead = prefix.length
  const units = changetype<usize>(prefix)
  const total = <i32>length + lead
  let a = <i32>0x9e3779b9 ^ total
  let b = <i32>0x85ebca6b ^ total
  for (let i = 0; i < lead; i++) {
    const unit = <i32>load<u16>(units + ((<usize>i) << 1))
    a = rotl<i32>((a ^ unit) * A_FACTOR, 15)
    b = rotl<i32>((b ^ unit) * B_FACTOR, 13) + a * 5
  }
  for (let i: usize = 0; i < length; i++) {
    const unit = <i32>load<u8>(at + i)
    a = rotl<i32>((a ^ unit) * A_FACTOR, 15)
    b = rotl<i32>((b ^ unit) * B_FACTOR, 13) + a * 5
  }
  keyA = finish(<u32>(a ^ (b * <i32>0xc2b2ae35)))
  keyB = finish(<u32>b ^ (<u32>a >> 7))
}

function finish(value: u32): u32 {
  let h = value
  h = (h ^ (h >> 16)) * 0x85ebca6b
  h = (h ^ (h >> 13)) * 0xc2b2ae35
  return h ^ (h >> 16)
}

/** Room for the id that was hashed last, and its key: the lines of a file share their session, those of a stream their message. */
export const LAST_BYTES: i32 = 160

/** The same as `hash`, remembered in the `LAST_BYTES` bytes at `last`, which begin as zeros. */
export function hashLast(last: usize, prefix: string, at: usize, length: usize): void {
  if (load<u32>(last) === <u32>length + 1 && isSame(last + 16, at, length)) {
    keyA = load<u32>(last, 4)
    keyB = load<u32>(last, 8)
    return
  }
  hash(prefix, at, length)
  store<u32>(last, length <= ID_CAP ? <u32>length + 1 : 0)
  store<u32>(last, keyA, 4)
  store<u32>(last, keyB, 8)
  if (length <= ID_CAP) memory.copy(last + 16, at, length)
}

/** Ids differ at their ends first. */
function isSame(one: usize, other: usize, length: usize): bool {
  let i = length
  while (i >= 8) {
    i -= 8
    if (load<u64>(one + i) !== load<u64>(other + i)) return false
  }
  while (i > 0) {
    i--
    if (load<u8>(one + i) !== load<u8>(other + i)) return false
  }
  return true
}
