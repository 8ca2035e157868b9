// The bytes of a line, sixteen at a time. Every line ends with its line feed, which is part of no token: every walk stops there
// without asking for the end. At most 63 bytes behind it are looked at.

/** Instead of a position: this is not JSON, or not what can be told from the bytes alone. */
export const ODD: usize = 0
/** Instead of a position: what was seen is enough, and the walk ends. */
export const ENOUGH: usize = 1

/** What the head of a line may decide by itself lies in its first bytes: HEAD_BYTES of src/daemon/usage/sources/source.ts. */
export const HEAD_BYTES: usize = 400

const LINE_FEED: u8 = 10
export const SPACE: u8 = 32
export const QUOTE: u8 = 34
export const ZERO: u8 = 48
const BACKSLASH: u8 = 92

/** Position of the line feed at or behind `at`. */
export function lineEnd(at: usize): usize {
  const feeds = i8x16.splat(LINE_FEED)
  while (true) {
    const a = i8x16.eq(v128.load(at), feeds)
    const b = i8x16.eq(v128.load(at, 16), feeds)
    const c = i8x16.eq(v128.load(at, 32), feeds)
    const d = i8x16.eq(v128.load(at, 48), feeds)
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break
    at += 64
  }
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), feeds))
    if (found !== 0) return at + ctz(found)
    at += 16
  }
}

/** A bit for each of the sixteen bytes at `at` that is a quote, a backslash or a control character. */
function stops(at: usize): i32 {
  const bytes = v128.load(at)
  const quotes = i8x16.eq(bytes, i8x16.splat(QUOTE))
  const backslashes = i8x16.eq(bytes, i8x16.splat(BACKSLASH))
  const controls = i8x16.lt_u(bytes, i8x16.splat(SPACE))
  return i8x16.bitmask(v128.or(v128.or(quotes, backslashes), controls))
}

/** Position of the quote that ends the string begun before `at`, if nothing in it is escaped. Its bytes are then its characters. */
export function plainEnd(at: usize): usize {
  while (true) {
    const found = stops(at)
    if (found === 0) {
      at += 16
      continue
    }
    const end = at + ctz(found)
    return load<u8>(end) === QUOTE ? end : ODD
  }
}

/** Position behind the string begun before `at`. */
export function stringEnd(at: usize): usize {
  while (true) {
    let found = stops(at)
    let behind = at + 16
    while (found !== 0) {
      const stop = ctz(found)
      const byte = load<u8>(at + stop)
      if (byte === QUOTE) return at + stop + 1
      if (byte !== BACKSLASH) return ODD
      const end = escapeEnd(at + stop + 1)
      if (end === ODD) return ODD
      // What is escaped may be a quote or a backslash, and may lie behind the sixteen.
      if (end >= at + 16) {
        behind = end
        found = 0
      } else found &= -1 << (<i32>(end - at))
    }
    at = behind
  }
}

/** RFC 8259, section 7. */
function escapeEnd(at: usize): usize {
  switch (load<u8>(at)) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1
    case 0x75: // u
      for (let i: usize = 1; i <= 4; i++) if (!isHex(load<u8>(at + i))) return ODD
      return at + 5
    default:
      return ODD
  }
}

function isHex(byte: u8): bool {
  const letter = byte | 32
  return (byte >= 48 && byte <= 57) || (letter >= 97 && letter <= 102)
}

/** Whether the bytes at `at` are `word`. */
export function startsWith(at: usize, word: string): bool {
  const length = word.length
  const units = changetype<usize>(word)
  for (let i = 0; i < length; i++)
    if (<u16>load<u8>(at + i) !== load<u16>(units + ((<usize>i) << 1))) return false
  return true
}

/** Whether the `length` bytes at `at` are `word`. */
export function isWord(at: usize, length: usize, word: string): bool {
  return length === <usize>word.length && startsWith(at, word)
}
