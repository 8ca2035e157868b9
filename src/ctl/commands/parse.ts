// From the command line to what was asked, by the rows of table.ts.
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { TallyError } from '../../contract/errors.ts'
import { RANGES } from '../../contract/words.ts'
import { REMOTE } from './flags.ts'
import { type CommandName, flagsOf, helpOf, isCommand, isRemote, NAMES, rowOf } from './table.ts'

/** What was asked: a command, its words, its flags. */
export class Asked {
  readonly command: CommandName
  readonly words: readonly string[]
  readonly #flags: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

  constructor(command: CommandName, words: readonly string[], flags: Asked['flags']) {
    this.command = command
    this.words = words
    this.#flags = flags
  }

  get flags(): Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>> {
    return this.#flags
  }

  /** Whether a flag without value was given. */
  has(name: string): boolean {
    return this.#flags[name] === true
  }

  /** The value of a flag, or undefined. */
  value(name: string): string | undefined {
    const value = this.#flags[name]
    return typeof value === 'string' ? value : undefined
  }

  /** The values of a flag that may be repeated, or undefined where it was not given. */
  values(name: string): string[] | undefined {
    const values = this.#flags[name]
    if (!Array.isArray(values)) return undefined
    return values.filter((each): each is string => typeof each === 'string')
  }
}

/** Reads a command line without the program's name. Throws TallyError `wrongUsage`, naming what is wrong. */
export function parse(argv: readonly string[]): Asked {
  const { command, rest } = commandIn(argv)
  const row = rowOf(command)
  const config = optionsOf(command)
  refuseHost(command, rest)
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({
      args: withNumbers(withQuestions(rest, command), command),
      options: config,
      allowPositionals: true,
      strict: true,
    })
  } catch (error) {
    throw wrong(command, complaint(error))
  }
  const asked = new Asked(command, parsed.positionals, parsed.values)
  if (asked.has('help') || asked.has('version')) return asked
  checkHost(asked)
  const surplus = asked.words[row.words.length]
  if (surplus !== undefined)
    throw row.secret === true ? exposed(command) : wrong(command, `${surplus} is one word too many`)
  for (const [index, word] of row.words.entries()) {
    const given = asked.words[index]
    if (row.secret === true && word.name === '-' && given !== undefined && given !== '-')
      throw exposed(command)
    if (given === undefined && word.optional !== true) throw wrong(command, `${word.name} is missing`)
    if (given !== undefined) checkChoice(command, given, word.choices, word.name)
  }
  for (const flag of flagsOf(command)) {
    const given = asked.value(flag.name)
    if ([given, ...(asked.values(flag.name) ?? [])].includes(''))
      throw wrong(command, `--${flag.name} is empty`)
    const one = flag.list === true ? given?.split(',') : given
    for (const each of [one ?? [], asked.values(flag.name) ?? []].flat()) {
      checkChoice(command, each, flag.choices, `--${flag.name}`)
    }
  }
  return asked
}

// A command about this machine has no other one to ask.
function refuseHost(command: CommandName, rest: readonly string[]): void {
  if (isRemote(command) || !rest.some((word) => word === '--host' || word.startsWith('--host='))) return
  throw wrong(command, `tallyctl ${command} is about this machine alone, and takes no --host`)
}

/** What says how another tallyd is reached is about no other. */
function checkHost(asked: Asked): void {
  if (!isRemote(asked.command) || asked.value('host') !== undefined) return
  const idle = REMOTE.find(({ name }) => asked.value(name) !== undefined)
  if (idle !== undefined) throw wrong(asked.command, `--${idle.name} needs --host`)
}

// Flags may stand before the command: `tallyctl --json usage`.
function commandIn(argv: readonly string[]): { command: CommandName; rest: string[] } {
  if (argv[0] === '-V') return { command: '', rest: ['--version'] }
  const takesValue = new Set(
    flagsOf('').flatMap((flag) => (flag.value === undefined ? [] : [`--${flag.name}`])),
  )
  let at = 0
  while (at < argv.length && argv[at]?.startsWith('-') === true) at += takesValue.has(argv[at] ?? '') ? 2 : 1
  const word = argv[at]
  if (word === undefined) return { command: '', rest: [...argv] }
  const others = [...argv.slice(0, at), ...argv.slice(at + 1)]
  if (word === 'help') return helpAsked(others.filter((other) => !other.startsWith('-')))
  if (word === 'version') return { command: '', rest: ['--version', ...others] }
  const phrase = `${word} ${argv[at + 1]}`
  if (isCommand(phrase)) return { command: phrase, rest: [...argv.slice(0, at), ...argv.slice(at + 2)] }
  if (isCommand(word)) return { command: word, rest: others }
  const verbs = NAMES.filter((name) => name.endsWith(` ${word}`))
  // Of a word that is a verb of a noun or two, what was meant is nearly known.
  if (verbs.length > 0) {
    const words = others.filter((other) => !other.startsWith('-'))
    const meant = verbs.map((verb) => `tallyctl ${[verb, ...words].join(' ')}`)
    throw new TallyError('wrongUsage', `there is no command ${word}`, `run: ${meant.join(', or: ')}`)
  }
  const near = nearest(word, NAMES)
  if ((RANGES as readonly string[]).includes(word) || word === 'yesterday') {
    throw new TallyError('wrongUsage', `there is no command ${word}`, `run: tallyctl usage ${word}`)
  }
  throw wrong(
    '',
    near === null ? `there is no command ${word}` : `there is no command ${word}, but there is ${near}`,
  )
}

// `tallyctl help usage` is `tallyctl usage --help`.
function helpAsked(words: readonly string[]): { command: CommandName; rest: string[] } {
  const phrase = words.join(' ')
  if (isCommand(phrase)) return { command: phrase, rest: ['--help'] }
  const [name = '', surplus] = words
  if (surplus !== undefined) throw wrong('', `${surplus} is one word too many`)
  if (name === '' || name === 'help' || name === 'version') return { command: '', rest: ['--help'] }
  return { command: commandIn([name]).command, rest: ['--help'] }
}

// `--code` alone: Node wants a value, but here it is asked for. A code is digits, so that a host after it is not taken for one.
function withQuestions(rest: readonly string[], command: CommandName): string[] {
  const mayAsk = flagsOf(command).flatMap((flag) => (flag.mayAsk === true ? [`--${flag.name}`] : []))
  return rest.map((word, index) => {
    const hasValue = /^[\d -]+$/.test(rest[index + 1] ?? '')
    return mayAsk.includes(word) && !hasValue ? `${word}=ask` : word
  })
}

// `--wait -1s`: Node takes what begins with - for a flag, but no flag begins with a digit, and only the value says
// what is wrong.
function withNumbers(rest: readonly string[], command: CommandName): string[] {
  const takeValues = flagsOf(command).flatMap((flag) => (flag.value === undefined ? [] : [`--${flag.name}`]))
  const joined: string[] = []
  for (const word of rest) {
    const before = joined.at(-1) ?? ''
    if (/^-\d/.test(word) && takeValues.includes(before)) joined[joined.length - 1] = `${before}=${word}`
    else joined.push(word)
  }
  return joined
}

function optionsOf(command: CommandName): NonNullable<ParseArgsConfig['options']> {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const flag of flagsOf(command)) {
    options[flag.name] = {
      type: flag.value === undefined ? 'boolean' : 'string',
      ...(flag.short === undefined ? {} : { short: flag.short }),
      ...(flag.many === true ? { multiple: true } : {}),
    }
  }
  return options
}

function checkChoice(
  command: CommandName,
  given: string,
  choices: readonly string[] | undefined,
  what: string,
): void {
  if (choices === undefined || choices.includes(given)) return
  throw wrong(
    command,
    `${what} is ${given === '' ? 'empty' : given}, but must be one of ${choices.join(', ')}`,
  )
}

// Node's sentences name the flag in quotes, and then advise on things that do not help here.
function complaint(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  const flag = /'(?:-\w, )?(--?[^' ]*)/.exec(message)?.[1] ?? 'a flag'
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no flag ${flag}`
  if (!message.includes('argument missing') && !message.includes('ambiguous')) return `${flag} takes no value`
  return `${flag} needs a value`
}

function exposed(command: CommandName): TallyError {
  const why = 'secrets are not taken from the command line, where every program of this machine can read them'
  return new TallyError('wrongUsage', why, `if it was one, change it; ${helpOf(command)}`)
}

function wrong(command: CommandName, detail: string): TallyError {
  return new TallyError('wrongUsage', detail, helpOf(command))
}

/** The choice that differs from `word` in at most two letters, or null. */
export function nearest(word: string, choices: readonly string[]): string | null {
  let best: string | null = null
  let least = 3
  for (const choice of choices) {
    const distance = editDistance(word, choice)
    if (distance < least && distance < choice.length) {
      least = distance
      best = choice
    }
  }
  return best
}

// Two neighbours that changed places are one mistake, because that is how fingers err.
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  const lines = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const line = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const above = lines[i - 1] ?? []
      line.push(
        Math.min(
          (above[j - 1] ?? 0) + (isSame ? 0 : 1),
          (above[j] ?? 0) + 1,
          (line[j - 1] ?? 0) + 1,
          isSwapped ? (lines[i - 2]?.[j - 2] ?? 0) + 1 : 3,
        ),
      )
    }
    lines.push(line)
  }
  return lines.at(-1)?.[b.length] ?? 3
}
