// The rows of the commands that carry secrets and configurations; table.ts has the others.
import type { CommandRow, Flag } from './flags.ts'

const to: Flag = {
  name: 'to',
  value: 'DEVICE',
  names: 'device',
  says: 'a paired device; its owner is asked there',
}
const code: Flag = {
  name: 'code',
  says: 'shows six digits: who types them on another machine gets it, paired or not',
}
const wait: Flag = { name: 'for', value: 'DURATION', says: 'how long it waits, from 5s to 1h; 60s if absent' }
const yes: Flag = { name: 'yes', says: 'sends without asking first' }

export const TRANSFER_COMMANDS = {
  'secrets send': {
    says: 'sends a secret to another device, end to end; without a name, asks which',
    words: [
      { name: 'NAME', names: 'secret', optional: true, says: 'of the secret; tallyctl secrets lists them' },
    ],
    flags: [to, code, wait, yes],
    more: ['there it is looked at before it is saved. Ctrl-C takes it back.'],
    examples: [
      { line: 'tallyctl secrets send minio --to laptop', says: 'there: tallyctl receive' },
      { line: 'tallyctl secrets send minio --code', says: 'there: tallyctl receive THIS-DEVICE' },
    ],
  },
  'configs send': {
    says: 'sends a configuration and its secrets to another device, end to end; without a name, asks which',
    words: [
      {
        name: 'NAME',
        names: 'config',
        optional: true,
        says: 'of the configuration; tallyctl configs lists them',
      },
    ],
    flags: [
      {
        name: 'with',
        value: 'SECRET',
        many: true,
        says: 'only these of its secrets go along; may be repeated',
      },
      { name: 'without-secrets', says: 'none of its secrets goes along' },
      { name: 'as', value: 'NAME', says: 'what it is to be called there' },
      { name: 'description', value: 'TEXT', says: 'what is to stand there as its description' },
      { name: 'path', value: 'PATH', says: 'what is to stand there as its path' },
      to,
      code,
      wait,
      yes,
    ],
    more: ['what is changed for there stays as it is here. Ctrl-C takes it back.'],
    examples: [
      { line: 'tallyctl configs send photos --to laptop', says: 'with all its secrets' },
      { line: 'tallyctl configs send photos --without-secrets --code', says: 'the configuration alone' },
    ],
  },
  receive: {
    says: 'looks at what another device sends, and saves it if you say so',
    words: [
      {
        name: 'DEVICE|HOST[:PORT]',
        names: 'device',
        optional: true,
        says: 'who sends; may be left out where one paired device waits',
      },
    ],
    flags: [
      {
        name: 'code',
        value: 'DIGITS',
        mayAsk: true,
        says: 'the six digits that the sender shows; asked for if absent',
      },
      {
        name: 'yes',
        says: 'saves without asking; of a secret whose name is taken here the one here is used',
      },
      {
        name: 'resolve',
        value: 'NAME=WHAT',
        many: true,
        says: 'what to do with one thing: reuse, replace, skip or rename:NEW; may be repeated',
      },
    ],
    more: [
      'nothing is stored before you have seen it. NAME may be written secret:NAME or config:NAME where both are sent.',
      'without a terminal it saves what is new, and stops where a name is taken that nothing is said of.',
    ],
    examples: [
      { line: 'tallyctl receive', says: 'what a paired device wants to send' },
      { line: 'tallyctl receive 192.168.1.31', says: 'asks for the code' },
      {
        line: 'tallyctl receive 192.168.1.31 --code 604218 --resolve minio=rename:minio-old',
        says: 'for a script',
      },
    ],
  },
} as const satisfies Record<string, CommandRow>
