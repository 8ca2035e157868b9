// The rows of the commands about what waits for the owner; table.ts has the others.
import type { CommandRow, Word } from './flags.ts'

const request: Word = {
  name: 'ID',
  optional: true,
  says: 'of a request; may be left out where only one waits',
}

export const REQUEST_COMMANDS = {
  requests: {
    says: 'what waits for your yes',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl requests', says: 'then: tallyctl approve, or tallyctl deny' }],
  },
  approve: {
    says: 'says yes to a request, after showing what it is',
    words: [request],
    flags: [
      {
        name: 'digits',
        value: 'DIGITS',
        says: 'the number that the other screen shows; says yes if it is the same, without a question',
      },
    ],
    more: ['without a terminal only --digits says yes.'],
    examples: [
      { line: 'tallyctl approve', says: 'shows the number and asks' },
      { line: 'tallyctl approve --digits 482913', says: 'for a script' },
    ],
  },
  deny: {
    says: 'says no to a request; its address is kept away for 10 minutes',
    words: [request],
    flags: [],
    examples: [{ line: 'tallyctl deny', says: 'the one that waits' }],
  },
} as const satisfies Record<string, CommandRow>
