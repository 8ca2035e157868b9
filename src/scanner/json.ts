// Where the parts of JSON (RFC 8259) lie, found without making strings or objects. What JSON.parse refuses is ODD here too.
import { ENOUGH, ODD, plainEnd, QUOTE, SPACE, startsWith, stringEnd, ZERO } from './bytes'

const TAB: u8 = 9
const CARRIAGE_RETURN: u8 = 13
const COMMA: u8 = 44
const MINUS: u8 = 45
const POINT: u8 = 46
const COLON: u8 = 58
export const OPEN_LIST: u8 = 91
const CLOSE_LIST: u8 = 93
export const OPEN: u8 = 123
export const CLOSE: u8 = 125
/** Nobody nests deeper in what is passed over. */
const DEPTH_CAP: i32 = 64

/** Position behind the value at `at`, which belongs to the key of `length` plain characters at `key`. */
export type Field = (key: usize, length: usize, at: usize) => usize
/** Position behind the value at `at`, one of a list. */
export type Item = (at: usize) => usize

/**
 * Whether something was passed that is in no usual head: white space between tokens, a number with an exponent, an object or a list. Then
 * what stands there does not decide by itself.
 */
export let isUnusual: bool = false

/** How deep what is passed over is nested. */
let depth: i32 = 0

export function beginLine(): void {
  isUnusual = false
  depth = 0
}

/** Position behind white space. */
export function blankEnd(at: usize): usize {
  return load<u8>(at) > SPACE ? at : spaceEnd(at)
}

function spaceEnd(at: usize): usize {
  while (true) {
    const byte = load<u8>(at)
    if (byte !== SPACE && byte !== TAB && byte !== CARRIAGE_RETURN) return at
    isUnusual = true
    at++
  }
}

/** Position behind the object at `open`, each of whose fields is told to `field`; ENOUGH if that says so. */
export function objectEnd(open: usize, field: Field): usize {
  if (load<u8>(open) !== OPEN) return ODD
  let at = blankEnd(open + 1)
  if (load<u8>(at) === CLOSE) return at + 1
  while (true) {
    if (load<u8>(at) !== QUOTE) return ODD
    const key = at + 1
    const keyEnd = plainEnd(key)
    if (keyEnd === ODD) return ODD
    at = blankEnd(keyEnd + 1)
    if (load<u8>(at) !== COLON) return ODD
    at = field(key, keyEnd - key, blankEnd(at + 1))
    if (at <= ENOUGH) return at
    at = blankEnd(at)
    const byte = load<u8>(at)
    if (byte === CLOSE) return at + 1
    if (byte !== COMMA) return ODD
    at = blankEnd(at + 1)
  }
}

/** Position behind the list at `open`, each of whose items is told to `item`. */
export function listEnd(open: usize, item: Item): usize {
  let at = blankEnd(open + 1)
  if (load<u8>(at) === CLOSE_LIST) return at + 1
  while (true) {
    at = item(at)
    if (at === ODD) return ODD
    at = blankEnd(at)
    const byte = load<u8>(at)
    if (byte === CLOSE_LIST) return at + 1
    if (byte !== COMMA) return ODD
    at = blankEnd(at + 1)
  }
}

/** The same for a string without escapes, whose bytes are its characters; for any other value as `valueEnd`. */
export function plainValueEnd(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return valueEnd(at)
  const quote = plainEnd(at + 1)
  return quote === ODD ? ODD : quote + 1
}

/** Position behind the value at `at`, whatever it is. */
export function valueEnd(at: usize): usize {
  switch (load<u8>(at)) {
    case 0x22: // "
      return stringEnd(at + 1)
    case 0x7b: // {
    case 0x5b: // [
      return insideEnd(at)
    case 0x6e: // n
      return wordEnd(at, 'null')
    case 0x74: // t
      return wordEnd(at, 'true')
    case 0x66: // f
      return wordEnd(at, 'false')
    default:
      return numberEnd(at)
  }
}

/** Position behind an object or a list of which nothing is kept. */
function insideEnd(at: usize): usize {
  isUnusual = true
  if (depth === DEPTH_CAP) return ODD
  depth++
  const end = load<u8>(at) === OPEN ? objectEnd(at, passField) : listEnd(at, valueEnd)
  depth--
  return end
}

function passField(_key: usize, _length: usize, at: usize): usize {
  return valueEnd(at)
}

function wordEnd(at: usize, word: string): usize {
  return startsWith(at, word) ? at + word.length : ODD
}

function numberEnd(at: usize): usize {
  const whole = load<u8>(at) === MINUS ? at + 1 : at
  let end = digitsEnd(whole)
  if (end === whole || (load<u8>(whole) === ZERO && end > whole + 1)) return ODD
  if (load<u8>(end) === POINT) {
    const fraction = end + 1
    end = digitsEnd(fraction)
    if (end === fraction) return ODD
  }
  if ((load<u8>(end) | 32) !== 101) return end // e
  isUnusual = true
  const sign = load<u8>(end + 1)
  const power = sign === 43 || sign === MINUS ? end + 2 : end + 1
  end = digitsEnd(power)
  return end === power ? ODD : end
}

function digitsEnd(at: usize): usize {
  while (<u8>(load<u8>(at) - ZERO) <= 9) at++
  return at
}
