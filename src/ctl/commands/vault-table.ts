// The rows of the commands about the vault; table.ts has the others.
import { LINK_ROLES, PASSPHRASE, SECRET_TYPES, VAULT_KEYS } from '../../contract/vault-words.ts'
import type { CommandRow, Flag, Word } from './flags.ts'

const TYPES = Object.keys(SECRET_TYPES)
const secret: Word = { name: 'NAME', names: 'secret', says: 'of a secret, as tallyctl secrets shows it' }
const config: Word = {
  name: 'NAME',
  names: 'config',
  says: 'of a configuration, as tallyctl configs shows it',
}
const stdin: Word = {
  name: '-',
  choices: ['-'],
  optional: true,
  says: 'read the passphrase from standard input',
}
const file: Flag = {
  name: 'file',
  value: 'FILE',
  names: 'file',
  says: 'read it from this file instead of standard input',
}
const SAFE = 'a value never goes on the command line, where every program of this machine can read it.'

const described: readonly Flag[] = [
  { name: 'path', value: 'PATH', says: 'where the database is: a folder, or the address of storage' },
  { name: 'description', value: 'TEXT', says: 'for people' },
  { name: 'origin', value: 'PATH', says: 'where it was copied from' },
  {
    name: 's3',
    value: 'SECRET',
    names: 'secret',
    says: `name of the secret that says ${LINK_ROLES.s3.says}`,
  },
  {
    name: 'encryption-key',
    value: 'SECRET',
    names: 'secret',
    says: `name of the secret that says ${LINK_ROLES.encryptionKey.says}`,
  },
  {
    name: 'geocoding-key',
    value: 'SECRET',
    names: 'secret',
    says: `name of the secret that says ${LINK_ROLES.geocodingKey.says}`,
  },
]

export const VAULT_COMMANDS = {
  secrets: {
    says: 'what the vault keeps for you: names and types, never values',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl secrets', says: 'and which configurations use them' }],
  },
  'secrets add': {
    says: 'keeps a secret',
    words: [{ name: 'NAME', says: 'up to 64 characters' }],
    flags: [
      { name: 'type', value: 'TYPE', choices: TYPES, says: 'what it is made of (docs/vault.md)' },
      file,
    ],
    secret: true,
    more: [
      'on a terminal it asks for each field. else it reads an api-key as it is, an encryption-key as PEM, and everything else as JSON with one key a field.',
      SAFE,
    ],
    examples: [
      { line: 'tallyctl secrets add maps --type api-key', says: 'asks for the key, without showing it' },
      { line: 'tallyctl secrets add backup --type encryption-key --file key.pem', says: 'from a file' },
    ],
  },
  'secrets show': {
    says: 'shows one secret; its values after a question, or with --reveal',
    words: [secret],
    flags: [{ name: 'reveal', says: 'its values, without a question; the audit log says so' }],
    more: ['without a terminal it needs --reveal. an api-key is then printed alone, for scripts.'],
    examples: [{ line: 'tallyctl secrets show maps --reveal', says: 'the value on standard output' }],
  },
  'secrets edit': {
    says: 'changes fields of a secret; the others stay',
    words: [secret],
    flags: [file],
    secret: true,
    more: ['reads what secrets add reads; of JSON only the fields that stand there change.', SAFE],
    examples: [{ line: 'tallyctl secrets edit maps', says: 'asks for each field' }],
  },
  'secrets rename': {
    says: 'gives a secret another name; configurations follow',
    words: [secret, { name: 'NEW', says: 'up to 64 characters' }],
    flags: [],
    examples: [{ line: "tallyctl secrets rename maps 'old maps'", says: 'its value stays' }],
  },
  'secrets remove': {
    says: 'removes a secret for good',
    words: [secret],
    flags: [{ name: 'force', says: 'also where configurations refer to it; they lose the link' }],
    examples: [{ line: 'tallyctl secrets remove maps', says: 'nothing brings it back' }],
  },
  configs: {
    says: 'configurations of databases, and which secrets they use',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl configs', says: 'one line each' }],
  },
  'configs add': {
    says: 'keeps a configuration',
    words: [{ name: 'NAME', says: 'up to 64 characters' }],
    flags: described,
    more: ['on a terminal it asks for the path where none is given.'],
    examples: [{ line: 'tallyctl configs add photos --path /srv/photos --s3 storage', says: 'with a link' }],
  },
  'configs show': {
    says: 'shows one configuration',
    words: [config],
    flags: [],
    examples: [{ line: 'tallyctl configs show photos', says: 'with the names of its secrets' }],
  },
  'configs edit': {
    says: 'changes a configuration; what is not named stays',
    words: [config],
    flags: [
      ...described,
      {
        name: 'unlink',
        value: 'ROLE',
        many: true,
        choices: ['s3', 'encryption-key', 'geocoding-key'],
        says: 'drop this link; may be repeated',
      },
    ],
    more: ['without flags, on a terminal, it asks for each field: Enter keeps it, and - empties it.'],
    examples: [{ line: 'tallyctl configs edit photos --path /srv/pictures', says: 'its links stay' }],
  },
  'configs rename': {
    says: 'gives a configuration another name',
    words: [config, { name: 'NEW', says: 'up to 64 characters' }],
    flags: [],
    examples: [{ line: 'tallyctl configs rename photos pictures', says: 'everything else stays' }],
  },
  'configs remove': {
    says: 'removes a configuration; its secrets stay',
    words: [config],
    flags: [],
    examples: [{ line: 'tallyctl configs remove photos', says: 'nothing brings it back' }],
  },
  vault: {
    says: 'where the key of secrets and configurations is, and how strong that is',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl vault', says: 'docs/vault.md says what each place protects against' }],
  },
  'vault protect': {
    says: 'moves the key, and encrypts everything anew',
    words: [{ name: 'PLACE', choices: VAULT_KEYS, says: 'where it rests from now on' }, stdin],
    flags: [],
    secret: true,
    more: [
      `a passphrase has at least ${PASSPHRASE.least} characters and is asked for; spaces at its ends do not count. nobody can open the vault without it.`,
    ],
    examples: [
      { line: 'tallyctl vault protect passphrase', says: 'asks for it twice' },
      { line: 'tallyctl vault protect keychain', says: 'opens with your login' },
    ],
  },
  'vault unlock': {
    says: 'opens a vault that has a passphrase, until it is locked or tallyd ends',
    words: [stdin],
    flags: [],
    secret: true,
    examples: [{ line: 'tallyctl vault unlock', says: 'asks for the passphrase' }],
  },
  'vault lock': {
    says: 'forgets the key of a vault that has a passphrase',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl vault lock', says: 'until tallyctl vault unlock' }],
  },
} as const satisfies Record<string, CommandRow>
