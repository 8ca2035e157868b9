// The rows of the commands about members and tokens; table.ts has the others.

import { IDENTITY_MODE_NAMES } from '../../contract/identity-modes.ts'
import { SCOPE_NAMES } from '../../contract/scope-words.ts'
import type { CommandRow, Flag, Word } from './flags.ts'

const member: Word = { name: 'NAME', names: 'member', says: 'of a member, as tallyctl members shows it' }
const force: Flag = { name: 'force', says: 'also where nobody is left then who may manage the others' }

export const scope: Flag = {
  name: 'scope',
  value: 'SCOPE',
  many: true,
  choices: SCOPE_NAMES,
  says: 'what the token may do (docs/tokens.md); may be repeated',
}
export const label: Flag = { name: 'label', value: 'TEXT', says: 'where it will be, e.g. on the fridge' }
export const expires: Flag = {
  name: 'expires',
  value: 'DURATION',
  says: 'how long it is valid: 1m to 10y, such as 12h, 30d or 1y; else until it is revoked',
}
export const identity: Flag = {
  name: 'identity',
  value: 'MODE',
  choices: IDENTITY_MODE_NAMES,
  says: 'how much of whose account it is the snapshot shows (docs/snapshot.md); else redacted',
}

export const TOKEN_COMMANDS = {
  members: {
    says: 'who tokens belong to: persons, displays, services',
    remote: true,
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl members', says: 'with how many tokens each has' }],
  },
  'members add': {
    says: 'adds a member without a token',
    remote: true,
    words: [{ name: 'NAME', says: 'up to 64 characters' }],
    flags: [],
    examples: [{ line: "tallyctl members add 'kitchen display'", says: 'tokens create does it by itself' }],
  },
  'members rename': {
    says: 'gives a member another name; its tokens stay as they are',
    remote: true,
    words: [
      { name: 'OLD', names: 'member', says: 'its name until now' },
      { name: 'NEW', says: 'up to 64 characters' },
    ],
    flags: [],
    examples: [{ line: "tallyctl members rename 'kitchen display' hall", says: 'its tokens stay valid' }],
  },
  'members remove': {
    says: 'removes a member and revokes every token of it at once',
    remote: true,
    words: [member],
    flags: [force],
    examples: [{ line: "tallyctl members remove 'kitchen display'", says: 'its connections are cut' }],
  },
  tokens: {
    says: 'every token: whose it is, what it may do, when it was last used; never its secret',
    remote: true,
    words: [],
    flags: [],
    more: ['how many tokens the agents used is another matter: tallyctl usage.'],
    examples: [{ line: 'tallyctl tokens', says: 'one line a token' }],
  },
  'tokens create': {
    says: 'makes a token and prints its secret, this once',
    remote: true,
    words: [],
    flags: [
      {
        name: 'member',
        value: 'NAME',
        names: 'member',
        says: 'whose it is; a member that does not exist yet is added',
      },
      scope,
      label,
      expires,
      identity,
    ],
    more: ['--member and at least one --scope are needed. the secret alone is on stdout.'],
    examples: [
      {
        line: "tallyctl tokens create --member 'kitchen display' --scope dashboard:read --label fridge",
        says: 'until it is revoked',
      },
      {
        line: 'tallyctl tokens create --member ci --scope usage:read --expires 30d',
        says: 'for 30 days',
      },
    ],
  },
  'tokens revoke': {
    says: 'ends a token at once, with its open connections',
    remote: true,
    words: [{ name: 'ID', names: 'token', says: 'eight digits, as tallyctl tokens shows them' }],
    flags: [force],
    examples: [{ line: 'tallyctl tokens revoke 0a1b2c3d', says: 'it opens nothing any more' }],
  },
  'tokens rotate': {
    says: 'revokes every token of a member and makes one that may do what all of them might',
    remote: true,
    words: [{ ...member, name: 'MEMBER' }],
    flags: [{ ...scope, says: 'this instead; may be repeated' }, label, expires, identity, force],
    more: [
      'prints the secret, this once; it alone is on stdout. devices that the member has claimed log in again.',
    ],
    examples: [
      { line: "tallyctl tokens rotate 'kitchen display'", says: 'after a secret was seen' },
      { line: 'tallyctl tokens rotate ci --scope usage:read --expires 30d', says: 'with less than before' },
    ],
  },
} as const satisfies Record<string, CommandRow>
