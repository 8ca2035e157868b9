// User codes: what a client shows on its screen and a person types where it is approved (RFC 8628 §6.1). Twenty consonants, so
// that no word comes out and no letter is taken for a digit: 20^8 is some 34 bits, and the guesses are counted.
import { randomInt } from 'node:crypto'

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8
const FORM = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)
/** What is longer was not typed by a person. */
const LONGEST = 64

/** `XXXX-XXXX`. `random` returns a number from 0 to below its argument, each as likely as the other. */
export function newUserCode(random: (below: number) => number = randomInt): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[random(LETTERS.length)]).join('')
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`
}

/** The code in what was typed, in any case, with spaces and hyphens or without, as `XXXX-XXXX`; null where there is none. */
export function readUserCode(typed: string): string | null {
  if (typed.length > LONGEST) return null
  const letters = typed.replaceAll(/[\s\u2010-\u2015-]/g, '').toUpperCase()
  return FORM.test(letters) ? `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}` : null
}
