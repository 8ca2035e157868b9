// Answers as JSON. One that is the very same object as before is not written out again: the totals of very many devices are asked for
// over and over, and seldom change in between.

/** Shorter texts are written faster than they are found, in characters. */
const WORTH_KEEPING = 16 * 1024

/** What was answered must not be changed afterwards. */
const texts = new WeakMap<object, string>()

/** `value` as JSON, as `JSON.stringify` has it. */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const known = texts.get(value)
  if (known !== undefined) return known
  const text = JSON.stringify(value)
  if (text.length >= WORTH_KEEPING) texts.set(value, text)
  return text
}
