// Every command, once: parsing, help, completion and docs/cli.md all come from this table.

import { BUDGET_COMMANDS } from './budget-table.ts'
import { DEVICE_COMMANDS } from './device-table.ts'
import { DISPLAY_COMMANDS } from './display-table.ts'
import {
  by,
  COMMON,
  type CommandRow,
  type Flag,
  filters,
  PATH_NAMES,
  REMOTE,
  range,
  SHELLS,
  USAGE_RANGES,
  zone,
} from './flags.ts'
import { QUOTA_COMMANDS } from './quota-table.ts'
import { REMOTE_COMMANDS } from './remote-table.ts'
import { REQUEST_COMMANDS } from './request-table.ts'
import { SERVICE_COMMANDS } from './service-table.ts'
import { TOKEN_COMMANDS } from './token-table.ts'
import { TRANSFER_COMMANDS } from './transfer-table.ts'
import { VAULT_COMMANDS } from './vault-table.ts'
import { WEB_COMMANDS } from './web-table.ts'
import { WIDGET_COMMANDS } from './widget-table.ts'

/** The row of `tallyctl` alone has the empty name. */
export const COMMANDS = {
  '': {
    says: 'what was spent today, this month and ever',
    remote: true,
    words: [],
    flags: [zone, { name: 'version', short: 'v', says: 'print the version' }],
    more: ['tallyctl help COMMAND and tallyctl version do the same as the flags.'],
    examples: [{ line: 'tallyctl', says: 'the glance' }],
  },
  usage: {
    says: 'what was spent over a range of time, grouped as you like',
    remote: true,
    words: [{ ...range, choices: USAGE_RANGES }],
    flags: [
      {
        name: 'since',
        value: 'TIME',
        says: 'from here on: 2026-11-01, yesterday, an RFC 3339 time, or a number of days back such as 7d',
      },
      { name: 'until', value: 'TIME', says: 'up to here, in the same forms; a date includes that day' },
      by,
      ...filters,
      zone,
      { name: 'csv', says: 'print CSV (RFC 4180) with a header row' },
    ],
    more: [
      'today and all are grouped by model, everything else by day, unless --by says otherwise.',
      'by tool counts tool calls; they have no money of their own.',
      'in CSV a name that begins with = + - or @ gets a single quote before it, so that no spreadsheet runs it.',
    ],
    examples: [
      { line: 'tallyctl usage week --by day', says: 'this week, day by day' },
      { line: 'tallyctl usage --since 7d --by agent,model', says: 'the last seven days' },
      { line: 'tallyctl usage all --json', says: 'all history, for a script' },
    ],
  },
  watch: {
    says: 'the same, live: redrawn in place whenever a total changes',
    remote: true,
    words: [range],
    flags: [by, ...filters, zone],
    more: [
      'when the output is not a terminal: one plain line a change, or with --json one JSON object a line.',
    ],
    examples: [{ line: 'tallyctl watch', says: 'today, until Ctrl-C' }],
  },
  ...QUOTA_COMMANDS,
  ...BUDGET_COMMANDS,
  ...DEVICE_COMMANDS,
  ...REQUEST_COMMANDS,
  ...REMOTE_COMMANDS,
  ...TOKEN_COMMANDS,
  ...VAULT_COMMANDS,
  ...WEB_COMMANDS,
  ...TRANSFER_COMMANDS,
  ...DISPLAY_COMMANDS,
  ...WIDGET_COMMANDS,
  sources: {
    says: 'which log folders are read, and what was found there',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl sources', says: 'folders, files, rejected lines' }],
  },
  rescan: {
    says: 'looks at every log file now',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl rescan', says: 'returns when what is new has been counted' }],
  },
  start: {
    says: 'starts tallyd in the background',
    words: [],
    flags: [{ name: 'foreground', says: 'stay: show progress and usage, end with Ctrl-C' }],
    more: [
      'returns when the control socket answers, or after 20 s with an error. where tallyd runs already it says so, and exits with 0.',
    ],
    examples: [{ line: 'tallyctl start', says: 'then: tallyctl status --wait 60s' }],
  },
  stop: {
    says: 'ends tallyd; returns when its process is gone',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl stop', says: 'nothing that was counted is lost' }],
  },
  status: {
    says: 'whether tallyd runs and is ready, and what it has read',
    words: [],
    flags: [
      {
        name: 'wait',
        value: 'DURATION',
        says: 'wait until it runs and the first index is done, at most this long: 500ms, 60s, 5m, 2h',
      },
    ],
    more: ['with --wait the exit status is 4 when the time was not enough.'],
    examples: [{ line: 'tallyctl status --wait 60s --json', says: 'for a script that needs the totals' }],
  },
  ...SERVICE_COMMANDS,
  doctor: {
    says: 'checks every part, and says what to do about what is wrong',
    words: [{ name: 'DEVICE', optional: true, says: 'go to this device now, step by step' }],
    flags: [
      { name: 'report', says: 'write a file for a bug report, with nothing private in it' },
      {
        name: 'out',
        value: 'FILE',
        says: 'where the report goes; else tallyd-report-DATE-TIME.json in this folder',
      },
    ],
    more: [
      'exits with 1 when something is broken; a warning alone is 0. while tallyd does not run it checks what can be seen from outside, and exits with 3.',
      'a report is written whether tallyd runs or not, never over a file, and nothing is sent. docs/doctor.md explains every check and says what a report holds.',
    ],
    examples: [
      { line: 'tallyctl doctor', says: 'one line a check' },
      { line: 'tallyctl doctor laptop', says: 'why a device cannot be reached' },
      { line: 'tallyctl doctor --report', says: 'a file for a bug report' },
    ],
  },
  paths: {
    says: 'every file and folder of this instance; needs no running tallyd',
    words: [
      {
        name: 'NAME',
        optional: true,
        suggestions: PATH_NAMES,
        says: 'print this path alone, for example socket, config or log',
      },
    ],
    flags: [],
    examples: [
      { line: 'tallyctl paths', says: 'all of them' },
      { line: 'SOCK=$(tallyctl paths socket)', says: 'one path, for a script' },
    ],
  },
  call: {
    says: 'calls any method of docs/rpc.md and prints its result as JSON',
    remote: true,
    words: [
      { name: 'METHOD', names: 'method', says: 'for example usage.summary' },
      { name: 'JSON', optional: true, says: 'the params, or - to read them from standard input' },
    ],
    flags: [],
    examples: [
      { line: 'tallyctl call daemon.hello', says: 'lists the methods of this daemon' },
      { line: `tallyctl call usage.summary '{"range":"week","by":["day"]}'`, says: 'with params' },
    ],
  },
  completion: {
    says: 'prints a completion script for your shell',
    words: [{ name: 'SHELL', choices: SHELLS, says: 'which shell it is for' }],
    flags: [],
    more: [
      'commands, flags and values; names of devices, models, members, tokens and what the vault keeps while tallyd runs.',
    ],
    examples: [
      { line: 'source <(tallyctl completion bash)', says: 'in ~/.bashrc' },
      { line: 'source <(tallyctl completion zsh)', says: 'in ~/.zshrc, after compinit' },
      { line: 'tallyctl completion fish | source', says: 'in ~/.config/fish/config.fish' },
    ],
  },
} as const satisfies Record<string, CommandRow>

export type CommandName = keyof typeof COMMANDS

/** The names that can be typed, in the order of help. */
export const NAMES = Object.keys(COMMANDS).filter((name) => name !== '') as readonly CommandName[]

/** Those that begin with a word of their own; the others are verbs of one of these. */
export const NOUNS = NAMES.filter((name) => !name.includes(' '))

/** What can be done with a noun: `rename` and `unpair` of `devices`. */
export function verbsOf(noun: string): string[] {
  return NAMES.filter((name) => name.startsWith(`${noun} `)).map((name) => name.slice(noun.length + 1))
}

/** A command's row, and all flags it takes. */
export function rowOf(name: CommandName): CommandRow {
  return COMMANDS[name]
}

/** A command's own flags and those that every command takes, or every one that may be asked elsewhere. */
export function flagsOf(name: CommandName): readonly Flag[] {
  const { flags, remote } = rowOf(name)
  return [...flags, ...(remote === true ? REMOTE : []), ...COMMON]
}

/** Whether a command may be asked of a tallyd elsewhere. */
export function isRemote(name: CommandName): boolean {
  return rowOf(name).remote === true
}

/** Whether `name` is a command. */
export function isCommand(name: string): name is CommandName {
  return name !== '' && Object.hasOwn(COMMANDS, name)
}

/** The next step after a command line that cannot be read. */
export function helpOf(name: CommandName): string {
  return `run: tallyctl ${name === '' ? '' : `${name} `}--help`
}
