// The rows of the commands about tallyds elsewhere; table.ts has the others.
import type { CommandRow, Flag, Word } from './flags.ts'
import { scope } from './token-table.ts'

const url: Word = {
  name: 'URL',
  says: 'its web address, such as https://desk.local:4766; there, tallyctl status shows it',
}
const pin: Flag = {
  name: 'pin',
  value: 'PIN',
  says: 'sha256// and the hash of its key, as tallyctl web cert prints it there; else the certificate must be trusted here',
}

export const REMOTE_COMMANDS = {
  connect: {
    says: 'asks a tallyd elsewhere for a token by a code that is approved there; needs no tallyd here',
    words: [url],
    flags: [
      {
        name: 'label',
        value: 'TEXT',
        says: 'what is shown there of who asks; else the name of this machine',
      },
      { ...scope, says: 'what the token shall be able to do; may be repeated; usage:read if absent' },
      pin,
      { name: 'no-write', says: 'print the token, which is secret, instead of saving it' },
    ],
    more: [
      'the token is saved for you alone, one an address; docs/remote.md says where. Ctrl-C saves nothing. http is for this machine alone.',
    ],
    examples: [
      {
        line: 'tallyctl connect https://desk.local:4766 --pin sha256//…',
        says: 'then: tallyctl --host https://desk.local:4766 usage',
      },
      { line: 'tallyctl connect http://127.0.0.1:4766 --no-write', says: 'for a program on this machine' },
    ],
  },
  login: {
    says: 'asks a tallyd elsewhere for a token that is bound to this device, which the daemon here holds',
    words: [url],
    flags: [
      {
        name: 'label',
        value: 'TEXT',
        says: 'what is shown there of who asks; else the name of this device',
      },
      { ...scope, says: 'what the token shall be able to do; may be repeated; usage:read if absent' },
      pin,
      {
        name: 'takeover',
        says: 'even where another member has claimed this device: only the owner there can say yes to that',
      },
    ],
    more: [
      'the device is claimed by the member that the owner there chooses, until tallyctl logout. it has to be sharing there (tallyctl share always).',
    ],
    examples: [
      {
        line: 'tallyctl login https://desk.local:4766 --pin sha256//…',
        says: 'then: tallyctl --host https://desk.local:4766 usage',
      },
    ],
  },
  whoami: {
    says: 'who you are to the daemon, and what you may ask it',
    words: [],
    flags: [],
    remote: true,
    examples: [
      { line: 'tallyctl whoami --host https://desk.local:4766', says: 'whose token it is, and its scopes' },
    ],
  },
  logout: {
    says: 'gives the token of connect or login back to a tallyd elsewhere, and deletes it here',
    words: [url],
    flags: [pin, { name: 'force', says: 'delete it here even where it could not be revoked there' }],
    more: [
      'while the other side does not answer: what login got is given back by the daemon later, as soon as it can be; what connect saved stays, and nothing tries again by itself.',
    ],
    examples: [{ line: 'tallyctl logout https://desk.local:4766', says: 'the token opens nothing any more' }],
  },
} as const satisfies Record<string, CommandRow>
