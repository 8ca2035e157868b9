// Names that others made up to break a status bar, and glances full of them.
import fc from 'fast-check'
import type { Glance } from '../../../../src/contract/glance.ts'
import type { Facts } from '../../../../src/daemon/views/widgets/format.ts'
import { glanceWith } from '../../../harness/glance.ts'

/** Each is something to one of the hosts. */
export const NASTY = [
  'two\nlines',
  'a | bash=/bin/sh param1=-c param2=evil terminal=false',
  '#(touch evil)#{pid}#[fg=red]##',
  '<b>bold</b> & <span foreground="red">',
  '%{A1:evil:}%{F#f00}',
  '"quotes" and \'these\' and \\backslashes\\n',
  '\u202eright to left\u202c \u200bzero\u2066',
  'x'.repeat(200),
  '__proto__',
  '---',
  '--submenu',
  '~~~',
  ':tada: :sun.max:',
  '</tt></tool><txt>',
  '\x1b[31mred\x1b[0m\x07\x00',
  '\ud800half',
  '$(evil) `evil` $evil',
  '{}{text}%s%d',
  '\u2028\u2029\u0085\r',
] as const

/** A name: one of these, pieces of several, or any text. */
export const names = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.array(fc.constantFrom(...NASTY), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
)

const SPENT = { calls: 3, tokens: 12_600_000, costUSD: 18.42 }

/** A glance in which every text that comes from elsewhere is `name`. */
export function glanceOfNames(name: string): Glance {
  return glanceWith({
    today: SPENT,
    month: SPENT,
    all: SPENT,
    hours: [0, 0, 1, 5, 2],
    devices: [
      { name, self: true, freshness: 'live', asOf: null, today: SPENT },
      { name, self: false, freshness: 'cached', asOf: '2026-11-19T14:02:00Z', today: SPENT },
      { name, self: false, freshness: 'never', asOf: name, today: SPENT },
    ],
    windows: [{ agent: name, label: name, usedPercent: 63.4, resetAt: name }],
    budgets: [{ period: name, limitUSD: 400, spentUSD: 311, state: 'near' }],
    waiting: [
      { id: name, kind: 'pairing', says: `${name} wants to pair` },
      { id: name, kind: 'enrolment', says: name },
    ],
    unpriced: 2,
  })
}

/** What a format is given. */
export function factsOf(glance: Glance | null, tallyctl: readonly string[] = ['/usr/bin/tallyctl']): Facts {
  return { glance, tallyctl, local: (at) => at }
}

/** Lines as a terminal or a bar would break them. */
export function brokenLines(text: string): string[] {
  return text.split(/[\n\r\u0085\u2028\u2029]/)
}
