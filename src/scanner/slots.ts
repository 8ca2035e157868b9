// The fields of a line that are asked for, each by a number below 32. Of two with one name JSON.parse takes the last: a line that has a
// field twice is ODD.
import { isWord, ODD, QUOTE } from './bytes'
import { plainValueEnd, valueEnd } from './json'
import { countEnd, counted } from './values'

/** Of each the positions of a string and of what is behind it, quotes included, or a count; 0 where it is neither. */
const places = memory.data(32 * 8)
/** A bit for each field that the line had. */
let seen: u32 = 0

/** Forgets the fields from `first` to before `behind`. */
export function forget(first: u32, behind: u32): void {
  const count = behind - first
  seen &= ~((((<u32>1) << count) - 1) << first)
  memory.fill(places + (first << 3), 0, count << 3)
}

/** Whether the line had the field. */
export function has(field: u32): bool {
  return (seen & ((<u32>1) << field)) !== 0
}

/** Notes that the line has the field; false where it had it before. */
export function isFirst(field: u32): bool {
  if (has(field)) return false
  seen |= (<u32>1) << field
  return true
}

/** Position behind the field's value at `at`, which is kept if it is a string, and ODD if that has escapes. */
export function keepPlain(field: u32, at: usize): usize {
  return isFirst(field) ? keep(field, at, plainValueEnd(at)) : ODD
}

/** The same, whatever the string has. */
export function keepString(field: u32, at: usize): usize {
  return isFirst(field) ? keep(field, at, valueEnd(at)) : ODD
}

function keep(field: u32, at: usize, end: usize): usize {
  if (load<u8>(at) !== QUOTE) return end
  store<u32>(places + (field << 3), <u32>at)
  store<u32>(places + (field << 3), <u32>end, 4)
  return end
}

/** Position behind the field's value at `at`, which is kept as a count. */
export function keepCount(field: u32, at: usize): usize {
  if (!isFirst(field)) return ODD
  const end = countEnd(at)
  store<u32>(places + (field << 3), counted)
  return end
}

/** 0 for a count that is absent. */
export function countOf(field: u32): u32 {
  return load<u32>(places + (field << 3))
}

export function isString(field: u32): bool {
  return stringAt(field) !== 0
}

/** Position of the string's opening quote; 0 where there is no string. */
export function stringAt(field: u32): usize {
  return load<u32>(places + (field << 3))
}

/** Position behind its closing quote. */
export function stringEndOf(field: u32): usize {
  return load<u32>(places + (field << 3), 4)
}

/** Position of its first character. */
export function charactersOf(field: u32): usize {
  return stringAt(field) + 1
}

/** How many characters it has; only for a string. */
export function lengthOf(field: u32): usize {
  return stringEndOf(field) - stringAt(field) - 2
}

/** Whether the field is the string `word`. */
export function isText(field: u32, word: string): bool {
  return isString(field) && isWord(charactersOf(field), lengthOf(field), word)
}
