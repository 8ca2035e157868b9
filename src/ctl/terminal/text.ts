// Text from logs made safe to print, and how many columns it takes. Names of models and tools are data from
// others: a control character in one must not reach the terminal.
import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'

/** A text beside something else has at least so many columns, even where the terminal wraps it then. */
const NARROWEST = 24

/** Without escape sequences, control characters, and characters that reorder or join their neighbours. */
export function clean(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
}

/** Columns of a cleaned text. Because `clean` removes joiners, every code point stands for itself. */
export function width(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let columns = 0
  for (const character of text) columns += widthOfOne(character)
  return columns
}

/** At most `columns` wide; what is cut ends in an ellipsis. */
export function shorten(text: string, columns: number): string {
  if (width(text) <= columns) return text
  let kept = ''
  let left = columns - 1
  for (const character of text) {
    left -= widthOfOne(character)
    if (left < 0) break
    kept += character
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`
}

/** A line that may hold colours, cut to `columns`, so that no terminal wraps it; its colour ends with it. */
export function fitted(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line)
  if (width(plain) <= columns) return line
  const colour = /^(?:\x1b\[\d+m)+/.exec(line)?.[0] ?? ''
  return colour === '' ? shorten(plain, columns) : `${colour}${shorten(plain, columns)}\x1b[0m`
}

/** Lines of at most `columns`, broken at spaces; a longer word stays whole, because it may be copied. Null: one line. */
export function wrapped(text: string, columns: number | null): string[] {
  if (columns === null) return [text]
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || width(last) + 1 + width(word) > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** The same after `head`, which stands before the first line; the others begin below its end. */
export function hanging(head: string, text: string, columns: number | null): string[] {
  const indent = width(head)
  const [first = '', ...rest] = wrapped(text, columns === null ? null : Math.max(NARROWEST, columns - indent))
  return [head + first, ...rest.map((line) => ' '.repeat(indent) + line.trimStart())]
}

/** Filled up with spaces on the other side. */
export function padded(text: string, columns: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, columns - width(text)))
  return align === 'left' ? text + space : space + text
}

function widthOfOne(character: string): number {
  if (/\p{M}/u.test(character)) return 0
  return eastAsianWidth(character.codePointAt(0) ?? 0)
}
