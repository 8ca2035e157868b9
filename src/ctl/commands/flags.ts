// What a flag and a word of the command line are, and those that several commands take.
import type { Paths } from '../../contract/paths.ts'
import { GROUPINGS, RANGES } from '../../contract/words.ts'

/** What only `usage` knows besides: a range that is over. */
export const USAGE_RANGES = [...RANGES, 'yesterday'] as const
export const SHELLS = ['bash', 'zsh', 'fish'] as const

/** Paths that every instance has; a running one may name more. */
export const PATH_NAMES = [
  'config',
  'state',
  'run',
  'socket',
  'lock',
  'checkpoint',
  'checkpointPrevious',
  'credentials',
  'incidents',
  'last',
  'lastText',
  'log',
] as const satisfies readonly (keyof Paths)[]

/** What a flag or a word names, where completion can ask for it: offered-names.ts. */
export type Named =
  | 'agent'
  | 'config'
  | 'device'
  | 'display'
  | 'file'
  | 'member'
  | 'method'
  | 'model'
  | 'secret'
  | 'token'

export interface Flag {
  readonly name: string
  readonly short?: string
  /** What the value is called in help; absent where the flag takes none. */
  readonly value?: string
  /** Given without a value, the value is asked for. */
  readonly mayAsk?: true
  /** The only values there are. */
  readonly choices?: readonly string[]
  /** What completion offers where other values are allowed too. */
  readonly suggestions?: readonly string[]
  /** What completion asks the daemon for. */
  readonly names?: Named
  /** The value is a list of choices with commas between. */
  readonly list?: true
  /** May be given more than once. */
  readonly many?: true
  readonly says: string
}

export interface Word {
  readonly name: string
  readonly choices?: readonly string[]
  /** What completion offers where other words are allowed too. */
  readonly suggestions?: readonly string[]
  /** What completion asks the daemon for. */
  readonly names?: Named
  readonly optional?: true
  readonly says: string
}

/** One row of the table of commands. */
export interface CommandRow {
  readonly says: string
  readonly words: readonly Word[]
  readonly flags: readonly Flag[]
  /** May be asked of a tallyd elsewhere, with --host; else only of the one of this user on this machine. */
  readonly remote?: true
  /** It is given a secret, which must not stand on the command line: what is too much there is not repeated. */
  readonly secret?: true
  /** Sentences under the flags; one string a paragraph. */
  readonly more?: readonly string[]
  readonly examples: readonly { readonly line: string; readonly says: string }[]
}

const json: Flag = { name: 'json', says: 'print JSON, as docs/json.md describes it' }
export const zone: Flag = {
  name: 'tz',
  value: 'ZONE',
  says: 'time zone, an IANA name; else the one of this terminal',
}
const help: Flag = { name: 'help', short: 'h', says: 'print this' }

export const by: Flag = {
  name: 'by',
  value: 'LIST',
  choices: GROUPINGS,
  list: true,
  says: 'group by up to four of these, with commas between',
}

export const filters: readonly Flag[] = [
  {
    name: 'agent',
    value: 'NAME',
    many: true,
    suggestions: ['claude-code', 'codex'],
    names: 'agent',
    says: 'only this agent, such as claude-code or codex; may be repeated',
  },
  { name: 'model', value: 'NAME', names: 'model', many: true, says: 'only this model; may be repeated' },
  { name: 'device', value: 'NAME', names: 'device', many: true, says: 'only this device; may be repeated' },
]

export const range: Word = {
  name: 'RANGE',
  choices: RANGES,
  optional: true,
  says: 'today if absent; week begins on Monday; all is all history',
}

/** Flags that every command takes. */
export const COMMON: readonly Flag[] = [json, help]

/** Flags of every command that may be asked of a tallyd elsewhere. */
export const REMOTE: readonly Flag[] = [
  { name: 'host', value: 'URL', says: 'ask the tallyd at this address instead; see tallyctl connect' },
  { name: 'pin', value: 'PIN', says: 'of its key, for --host; else the saved one, or a trusted certificate' },
  {
    name: 'token-file',
    value: 'PATH',
    names: 'file',
    says: 'a file with the token for --host, - for standard input; else TALLYD_TOKEN, else the saved one',
  },
]
