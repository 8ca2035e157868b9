// What the code of a client looks like; whether there is one like that is the daemon's to say.
const LETTERS = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/
/** The id of a request. A code has this form only in small letters, without its hyphen, and seldom. */
const ID = /^[0-9a-f]{8}$/

/** Whether it is a user code, as people type them: in any case, with spaces and hyphens or without. */
export function isCode(word: string): boolean {
  if (word.length > 64 || ID.test(word)) return false
  return LETTERS.test(word.replaceAll(/[\s\u2010-\u2015-]/g, '').toUpperCase())
}
