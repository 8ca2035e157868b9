// What people and agents wrote: prose and code that is already escaped for JSON, so that a line is put together
// without serialising it. Cut only at line starts, so no escape is ever split.
import type { Random } from './random.ts'

const WORDS = (
  'const let function return await async import export from type interface string number Promise Map Set Buffer ' +
  'usage tokens session model cost daemon path file read write parse JSON error test expect describe the a of to ' +
  'and in is it for with as on this value config options result index line data stream socket handler router ' +
  'cache total daily'
).split(' ')

const PLAIN_BYTES = 1_500_000
const FOREIGN_BYTES = 400_000
const BLOB_LENGTH = 200_000

interface Pool {
  readonly text: string
  readonly lineStarts: readonly number[]
  readonly meanLine: number
}

export class Text {
  readonly #random: Random
  readonly #plain: Pool
  readonly #foreign: Pool
  readonly #blob: string
  /** How many texts held characters outside ASCII. */
  foreignTexts = 0

  constructor(random: Random) {
    this.#random = random
    this.#plain = fill(random, PLAIN_BYTES, false)
    this.#foreign = fill(random, FOREIGN_BYTES, true)
    this.#blob = random.letters(BLOB_LENGTH)
  }

  /** Escaped text of about `length` characters; at least one line. */
  prose(length: number): string {
    const foreign = this.#random.chance(0.1)
    if (foreign) this.foreignTexts++
    const { text, lineStarts, meanLine } = foreign ? this.#foreign : this.#plain
    const lines = Math.max(1, Math.round(length / meanLine))
    const first = this.#random.integer(0, lineStarts.length - 2)
    const end = lineStarts[Math.min(first + lines, lineStarts.length - 1)]
    return text.slice(lineStarts[first], end)
  }

  /** Letters and digits, as signatures and encrypted reasoning look. */
  blob(length: number): string {
    const start = this.#random.integer(0, BLOB_LENGTH - length - 1)
    return this.#blob.slice(start, start + length)
  }

  word(): string {
    return this.#random.pick(WORDS)
  }
}

function fill(random: Random, bytes: number, foreign: boolean): Pool {
  const lines: string[] = []
  const lineStarts = [0]
  let length = 0
  while (length < bytes) {
    const line = codeLine(random, lines.length + 1, foreign)
    lines.push(line)
    length += line.length
    lineStarts.push(length)
  }
  return { text: lines.join(''), lineStarts, meanLine: length / lines.length }
}

function codeLine(random: Random, lineNumber: number, foreign: boolean): string {
  let line = random.chance(0.5)
    ? `    ${lineNumber}${foreign ? '→' : ':'}\\t`
    : '  '.repeat(random.integer(0, 4))
  for (let words = random.integer(2, 14); words > 0; words--) {
    line += `${random.pick(WORDS)}${decoration(random)} `
  }
  if (foreign && random.chance(0.1)) line += '— “ünïcode” ✓ 日本語 🦊 '
  line += bait(random)
  return `${line}\\n`
}

function decoration(random: Random): string {
  if (random.chance(0.12)) return `(\\"${random.pick(WORDS)}\\")`
  if (random.chance(0.1)) return ' = {'
  return random.chance(0.08) ? ';' : ''
}

// Bytes that a reader which looks for markers must not fall for: they stand inside a string.
function bait(random: Random): string {
  if (random.chance(0.01)) return '\\"usage\\": 12 '
  if (random.chance(0.004)) return '{\\"type\\":\\"assistant\\",\\"usage\\":{\\"input_tokens\\":999999}} '
  if (random.chance(0.004)) return '{\\"type\\":\\"token_count\\",\\"total_tokens\\":999999} '
  return random.chance(0.002) ? 'C:\\\\users\\\\dev\\\\ \\u0022usage\\u0022 ' : ''
}
