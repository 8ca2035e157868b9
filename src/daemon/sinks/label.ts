// Names as values of labels. They come from logs and other devices: whatever they hold, a value is one line of plain text.
// Backslash, quote and line feed are escaped where the text is made.
import { printable } from '../../contract/printable.ts'

/** Characters; what logs tell is cut at as many. */
const LONGEST = 200

export function labelOf(name: string): string {
  if (/^[\x20-\x7e]{0,200}$/.test(name)) return name
  // Halves of surrogate pairs would become the same bytes only after names were told apart.
  return Buffer.from(printable(name, ' ').slice(0, LONGEST)).toString()
}
