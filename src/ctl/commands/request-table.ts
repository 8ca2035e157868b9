// The rows of the commands about what waits for the owner; table.ts has the others.
import { SCOPE_NAMES } from '../../contract/scope-words.ts'
import type { CommandRow, Flag, Word } from './flags.ts'
import { identity } from './token-table.ts'

const request: Word = {
  name: 'ID|CODE',
  optional: true,
  says: 'the id of a pairing, which may be left out where only one waits; or the code that a client shows',
}

const on: Flag = {
  name: 'on',
  value: 'DEVICE',
  names: 'device',
  says: 'a paired device, whose clients are meant; there: tallyctl devices grant THIS-DEVICE requests:approve',
}

export const REQUEST_COMMANDS = {
  requests: {
    says: 'what waits for your yes',
    remote: true,
    words: [],
    flags: [on],
    examples: [{ line: 'tallyctl requests', says: 'then: tallyctl approve, or tallyctl deny' }],
  },
  approve: {
    says: 'says yes to a request: to a pairing after showing what it is, to a client by its code',
    remote: true,
    words: [request],
    flags: [
      {
        name: 'digits',
        value: 'DIGITS',
        says: 'the number that the other screen shows; says yes if it is the same, without a question',
      },
      { name: 'member', value: 'NAME', names: 'member', says: 'a client: whose token it will be' },
      { name: 'new-member', value: 'NAME', says: 'the same, of a member that does not exist yet' },
      {
        name: 'scope',
        value: 'SCOPE',
        many: true,
        suggestions: SCOPE_NAMES,
        says: 'what it may do instead of what it asked for; may be repeated',
      },
      { name: 'label', value: 'TEXT', says: 'what its token is called; else what it claims to be' },
      {
        name: 'expires',
        value: 'DURATION',
        says: 'how long its token lives, such as 12h, 30d or 1y; else it does not end',
      },
      { ...identity, says: `a client: ${identity.says}` },
      { name: 'takeover', says: 'a device that another member has claimed is to be of this one' },
      on,
    ],
    more: [
      'a pairing: without a terminal only --digits says yes.',
      'a client: read the code off its own screen. the code and the member are the yes; nothing is asked after that. letters in any case, with the hyphen or without.',
    ],
    examples: [
      { line: 'tallyctl approve', says: 'a pairing: shows the number and asks' },
      { line: 'tallyctl approve --digits 482913', says: 'for a script' },
      { line: "tallyctl approve WDJB-MJHT --new-member 'kitchen display'", says: 'lets a client in' },
      {
        line: 'tallyctl approve WDJB-MJHT --member ann --identity full',
        says: 'one that is shown the names of devices',
      },
    ],
  },
  deny: {
    says: 'says no to a request; the address of a pairing is kept away for 10 minutes',
    remote: true,
    words: [request],
    flags: [on],
    examples: [{ line: 'tallyctl deny', says: 'the one that waits' }],
  },
} as const satisfies Record<string, CommandRow>
