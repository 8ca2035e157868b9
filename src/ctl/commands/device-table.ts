// The rows of the commands about devices; table.ts has the others and says what a row is.
import { RIGHTS } from '../../contract/right-words.ts'
import { type CommandRow, type Flag, type Word, zone } from './flags.ts'

const device: Word = {
  name: 'DEVICE',
  names: 'device',
  says: 'its name, or the first eight digits of its id',
}
const right: Word = { name: 'RIGHT', choices: RIGHTS, says: 'the one right that there is' }
const yes: Flag = { name: 'yes', says: 'do not ask' }
const oneWay: Flag = {
  name: 'one-way',
  value: 'WAY',
  choices: ['give', 'read'],
  says: "only give this device's totals to the other one, or only read those of the other; else both",
}

export const DEVICE_COMMANDS = {
  devices: {
    says: 'every device with what it spent, and how fresh that is',
    remote: true,
    words: [],
    flags: [zone],
    examples: [{ line: 'tallyctl devices', says: 'one line a device, and the total' }],
  },
  'devices rename': {
    says: 'gives a device another name; self is this one',
    words: [device, { name: 'NAME', says: 'up to 64 characters' }],
    flags: [],
    examples: [
      { line: 'tallyctl devices rename laptop studio', says: 'only here; the other device does not change' },
      { line: 'tallyctl devices rename self desk', says: 'what paired devices are told' },
    ],
  },
  'devices unpair': {
    says: 'ends the trust in a device at once; what it spent until now stays',
    words: [device],
    flags: [],
    examples: [{ line: 'tallyctl devices unpair laptop', says: 'the other device is told when it is seen' }],
  },
  'devices block': {
    says: 'ends the trust in a device without telling it; it is not answered any more',
    words: [device],
    flags: [],
    more: [
      'what it spent until now stays. tallyctl devices unblock takes it back; then it may be paired again.',
    ],
    examples: [{ line: 'tallyctl devices block laptop', says: 'for one that was stolen or misbehaves' }],
  },
  'devices unblock': {
    says: 'lets a blocked device be paired again',
    words: [device],
    flags: [],
    examples: [{ line: 'tallyctl devices unblock laptop', says: 'it is not trusted until it is paired' }],
  },
  'devices forget': {
    says: 'ends the trust in a device and drops what it spent',
    words: [device],
    flags: [yes],
    more: ['its numbers are in no total any more. without a terminal --yes is needed.'],
    examples: [{ line: 'tallyctl devices forget attic', says: 'asks first' }],
  },
  'devices merge': {
    says: 'counts the history of one device as another one: after a new installation, or the same logs on both',
    words: [
      { name: 'OLD', names: 'device', says: 'the device that is gone; its trust ends' },
      { name: 'NEW', names: 'device', says: 'the device that goes on' },
    ],
    flags: [yes],
    more: [
      'only on this device; nothing is sent. what both have in the very same way counts once. it cannot be undone. without a terminal --yes is needed.',
    ],
    examples: [{ line: "tallyctl devices merge 'laptop 4f19c2aa' laptop", says: 'asks first' }],
  },
  'devices grant': {
    says: 'lets a paired device answer those who want to enrol here',
    words: [device, right],
    flags: [],
    more: [
      'there, its owner then says: tallyctl approve CODE --on THIS-DEVICE. it can let others see the totals, and nothing else. pairing it again takes the right back.',
    ],
    examples: [{ line: 'tallyctl devices grant laptop requests:approve', says: 'until ungrant or unpair' }],
  },
  'devices ungrant': {
    says: 'takes that right back at once',
    words: [device, right],
    flags: [],
    examples: [{ line: 'tallyctl devices ungrant laptop requests:approve', says: 'it stays paired' }],
  },
  audit: {
    says: 'what happened to trust: pairings, refusals, unpairings, renames',
    remote: true,
    words: [],
    flags: [
      {
        name: 'since',
        value: 'TIME',
        says: 'from here on: 2026-11-01, yesterday, an RFC 3339 time, 7d or 2h; else the newest 100',
      },
      { name: 'follow', says: 'stay, and print what comes; with --json one object a line' },
    ],
    examples: [
      { line: 'tallyctl audit --since 7d', says: 'the last seven days' },
      { line: 'tallyctl audit --follow', says: 'until Ctrl-C' },
    ],
  },
  'audit verify': {
    says: 'whether every entry of the audit log holds the hash of the one before',
    remote: true,
    words: [
      { name: 'HEAD', optional: true, says: 'SEQ:HASH that this printed before and that was kept elsewhere' },
    ],
    flags: [],
    more: [
      'it shows accidents and partial edits. it does not show that an owner wrote all of it anew, nor that its end was cut off, unless the head was kept elsewhere. exits with 1 when it is not intact.',
    ],
    examples: [{ line: 'tallyctl audit verify', says: 'prints the head to keep' }],
  },
  invite: {
    says: 'opens this device for pairing: shows a code for 5 minutes, one use',
    words: [],
    flags: [oneWay],
    more: ['Ctrl-C takes the code back. three wrong codes end it.'],
    examples: [{ line: 'tallyctl invite', says: 'then, on the other device: tallyctl pair HOST --code' }],
  },
  pair: {
    says: 'pairs with a device: by comparing a number, or with --code by the code that it shows',
    words: [
      {
        name: 'DEVICE',
        optional: true,
        says: 'its name on this network, or its address, HOST or HOST:PORT; else those that are found are listed',
      },
    ],
    flags: [
      {
        name: 'code',
        value: 'DIGITS',
        mayAsk: true,
        says: 'the six digits that it shows; without digits they are asked for and not shown',
      },
      {
        name: 'digits',
        value: 'DIGITS',
        says: 'the number that the other screen shows: says yes if it is the same, without a question',
      },
      oneWay,
    ],
    more: [
      'comparing: both screens show a number, and both owners say whether it is the same. without a terminal, tallyctl approve --digits does it on each side.',
    ],
    examples: [
      { line: 'tallyctl pair 192.168.1.31', says: 'compares; there: tallyctl approve' },
      { line: 'tallyctl pair 192.168.1.31 --code', says: 'asks for the code' },
      { line: 'tallyctl pair studio.local:4765 --code 604218 --json', says: 'for a script' },
    ],
  },
  share: {
    says: 'whether other devices can reach this one, and how long',
    words: [
      {
        name: 'HOW',
        optional: true,
        suggestions: ['always', 'off', '10m'],
        says: 'always, off, or for a while: 5s to 24h',
      },
    ],
    flags: [],
    more: [
      'closed until something is paired or shared; once something is paired it is always, unless off was said.',
    ],
    examples: [
      { line: 'tallyctl share', says: 'how it is' },
      { line: 'tallyctl share off', says: 'closes the port; paired devices keep what they know' },
    ],
  },
  preview: {
    says: 'byte for byte what a paired device would receive: that and nothing else leaves',
    words: [{ ...device, optional: true }],
    flags: [],
    examples: [{ line: 'tallyctl preview', says: 'JSON, as docs/wire.md describes it' }],
  },
  identity: {
    says: 'who this device is to others',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl identity', says: 'its id; the first eight digits are shown elsewhere' }],
  },
  'identity adopt': {
    says: 'says that a moved home is this device now',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl identity adopt', says: 'after a move to another machine' }],
  },
  'identity new': {
    says: 'makes a new identity; every device has to be paired again',
    words: [],
    flags: [{ name: 'yes', says: 'do not ask' }],
    examples: [{ line: 'tallyctl identity new', says: 'for a copy of another home' }],
  },
} as const satisfies Record<string, CommandRow>
