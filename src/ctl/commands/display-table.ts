// The rows of the commands about displays; table.ts has the others.
import type { CommandRow } from './flags.ts'
import { expires, identity } from './token-table.ts'

export const DISPLAY_COMMANDS = {
  displays: {
    says: 'every token that reads the snapshot and nothing else: where it is, when it was last used',
    remote: true,
    words: [],
    flags: [],
    more: ['what they are shown: tallyctl call views.snapshot. docs/displays.md has what a display asks.'],
    examples: [{ line: 'tallyctl displays', says: 'one line a display' }],
  },
  'displays add': {
    says: 'makes a token for a display, and prints it once with the address and the pin, as a QR code too',
    words: [{ name: 'NAME', says: 'what the display is called, such as kitchen' }],
    flags: [identity, expires],
    examples: [
      { line: 'tallyctl displays add kitchen', says: 'scan it, or type it in there' },
      { line: 'tallyctl displays add kitchen --json', says: 'for a script that sets up the display' },
    ],
  },
  'displays pair': {
    says: 'shows six digits for 5 minutes: the display that sends them gets a token, once',
    words: [{ name: 'NAME', optional: true, says: 'what the display is called; display if absent' }],
    flags: [identity, expires],
    more: ['five wrong codes end it; Ctrl-C takes the code back. while it waits each wrong code is told.'],
    examples: [{ line: 'tallyctl displays pair kitchen', says: 'for a display with a few keys' }],
  },
  'displays remove': {
    says: 'revokes the token of a display at once',
    remote: true,
    words: [{ name: 'NAME', names: 'display', says: 'of the display, or the id of its token' }],
    flags: [],
    examples: [{ line: 'tallyctl displays remove kitchen', says: 'it is shown nothing any more' }],
  },
} as const satisfies Record<string, CommandRow>
