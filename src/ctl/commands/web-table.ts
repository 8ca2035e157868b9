// The rows of the commands about the web listener; table.ts has the others.
import type { CommandRow } from './flags.ts'

export const WEB_COMMANDS = {
  web: {
    says: 'opens the page of tallyd in your browser',
    words: [],
    flags: [{ name: 'print', says: 'print the address instead; it works once, within a minute' }],
    more: [
      'without a display it prints the address too, and the line that brings the page to another machine over ssh.',
      'the browser is given a file that only you can read, so that the secret stands in no argument of a program.',
    ],
    examples: [
      { line: 'tallyctl web', says: 'opens the page' },
      { line: 'tallyctl web --print', says: 'for a browser that cannot read that file' },
    ],
  },
  'web cert': {
    says: 'prints the certificate that others have to trust, and the pin of the key',
    words: [],
    flags: [],
    more: [
      'for curl --cacert and NODE_EXTRA_CA_CERTS save it in a file; what stands below it does no harm there.',
      'the pin is what curl --pinnedpubkey and tallyctl --pin take.',
    ],
    examples: [{ line: 'tallyctl web cert', says: 'certificate, pin and names' }],
  },
} as const satisfies Record<string, CommandRow>
