// Where the parts of JSON lie in a line's bytes, found without making strings or objects. Only JSON as machines write it,
// without white space; for anything else the answer is ODD, and who asked parses the line.
// A line's bytes are followed by its line feed, which is part of no token: every walk stops there without asking for the end.

/** Instead of an index: this cannot be told from the bytes alone. */
export const ODD = -1

export const [QUOTE, COMMA, MINUS, POINT, COLON] = [34, 44, 45, 46, 58]
export const [OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN, CLOSE] = [91, 92, 93, 123, 125]
export const ZERO = 48
const SPACE = 32
/** Nobody nests deeper in what is passed over. */
const DEPTH_CAP = 32
/** Up to here a string is walked four bytes at a time; calling native code costs as much as so many steps. */
const NEAR = 128

let viewed: Buffer | null = null
let view: DataView = new DataView(new ArrayBuffer(0))

/** The same bytes, to be looked at four at a time: a third of the steps of looking at each. */
export function viewOf(bytes: Buffer): DataView {
  if (bytes !== viewed) {
    viewed = bytes
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  return view
}

/** Index of the quote that ends the string begun before `at`, if nothing in it is escaped. Its bytes are then its characters. */
export function plainEnd(bytes: Buffer, at: number): number {
  const words = viewOf(bytes)
  const last = bytes.length - 4
  let i = at
  while (i <= last && isPlain(words.getInt32(i, true))) i += 4
  while (bytes[i]! >= SPACE && bytes[i] !== QUOTE && bytes[i] !== BACKSLASH) i++
  return bytes[i] === QUOTE ? i : ODD
}

/** Whether none of four bytes is a quote, a backslash or a control character. */
function isPlain(word: number): boolean {
  const quotes = word ^ 0x22222222
  const backslashes = word ^ 0x5c5c5c5c
  const stops =
    ((word - 0x20202020) & ~word) |
    ((quotes - 0x01010101) & ~quotes) |
    ((backslashes - 0x01010101) & ~backslashes)
  return (stops & 0x80808080) === 0
}

/**
 * Index of the quote that ends the string begun before `at`. Only quotes are looked at: what nobody counts may hold control
 * characters or escapes that JSON does not have. Such a line is broken, its usage is not.
 */
export function stringEnd(bytes: Buffer, at: number): number {
  let quote = nextQuote(bytes, at)
  while (quote >= 0 && isEscaped(bytes, quote)) quote = nextQuote(bytes, quote + 1)
  return quote
}

function nextQuote(bytes: Buffer, at: number): number {
  const words = viewOf(bytes)
  const near = Math.min(at + NEAR, bytes.length - 4)
  let i = at
  while (i < near) {
    const quotes = words.getInt32(i, true) ^ 0x22222222
    if (((quotes - 0x01010101) & ~quotes & 0x80808080) !== 0) {
      while (bytes[i] !== QUOTE) i++
      return i
    }
    i += 4
  }
  return bytes.indexOf(QUOTE, i)
}

/** Whether an odd number of backslashes stands before `at`. The string's opening quote ends them. */
function isEscaped(bytes: Buffer, at: number): boolean {
  let first = at
  while (bytes[first - 1] === BACKSLASH) first--
  return ((at - first) & 1) === 1
}

/** Index behind the value that begins at `at`, whatever it is. */
export function valueEnd(bytes: Buffer, at: number, depth = 0): number {
  switch (bytes[at]) {
    case QUOTE:
      return behind(stringEnd(bytes, at + 1))
    case OPEN:
      return depth < DEPTH_CAP ? objectEnd(bytes, at, depth + 1) : ODD
    case OPEN_LIST:
      return depth < DEPTH_CAP ? listEnd(bytes, at, depth + 1) : ODD
    default:
      return scalarEnd(bytes, at)
  }
}

function objectEnd(bytes: Buffer, open: number, depth: number): number {
  if (bytes[open + 1] === CLOSE) return open + 2
  let at = open
  do {
    if (bytes[at + 1] !== QUOTE) return ODD
    at = behind(stringEnd(bytes, at + 2))
    if (at < 0 || bytes[at] !== COLON) return ODD
    at = valueEnd(bytes, at + 1, depth)
    if (at < 0) return ODD
  } while (bytes[at] === COMMA)
  return bytes[at] === CLOSE ? at + 1 : ODD
}

function listEnd(bytes: Buffer, open: number, depth: number): number {
  if (bytes[open + 1] === CLOSE_LIST) return open + 2
  let at = open
  do {
    at = valueEnd(bytes, at + 1, depth)
    if (at < 0) return ODD
  } while (bytes[at] === COMMA)
  return bytes[at] === CLOSE_LIST ? at + 1 : ODD
}

/** Index behind the number, `true`, `false` or `null` at `at`. */
export function scalarEnd(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case 0x6e:
      return wordEnd(bytes, at, NULL)
    case 0x74:
      return wordEnd(bytes, at, TRUE)
    case 0x66:
      return wordEnd(bytes, at, FALSE)
    default:
      return numberEnd(bytes, at)
  }
}

const NULL = Buffer.from('null')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')

function wordEnd(bytes: Buffer, at: number, word: Buffer): number {
  return startsWith(bytes, at, word) ? at + word.length : ODD
}

export function startsWith(bytes: Buffer, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

function numberEnd(bytes: Buffer, at: number): number {
  const whole = bytes[at] === MINUS ? at + 1 : at
  let end = digitsEnd(bytes, whole)
  if (end === whole || (bytes[whole] === ZERO && end > whole + 1)) return ODD
  if (bytes[end] === POINT) {
    const fraction = end + 1
    end = digitsEnd(bytes, fraction)
    if (end === fraction) return ODD
  }
  // 1e5: JSON has it, no log does.
  return bytes[end] === 0x65 || bytes[end] === 0x45 ? ODD : end
}

function digitsEnd(bytes: Buffer, at: number): number {
  let end = at
  while (bytes[end]! >= ZERO && bytes[end]! <= ZERO + 9) end++
  return end
}

function behind(index: number): number {
  return index < 0 ? ODD : index + 1
}
