// What may stand at the end of an unfinished command line. The scripts of completion.ts ask for it with every key, so that all shells
// know the same: the rows of table.ts, and the names that the daemon knows right now. Never fails, and writes nothing but the answer.
import { EXIT } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import type { Screen } from '../terminal/screen.ts'
import { clean } from '../terminal/text.ts'
import type { Flag, Word } from './flags.ts'
import { namesOf } from './offered-names.ts'
import { type CommandName, flagsOf, isCommand, NOUNS, rowOf, verbsOf } from './table.ts'

/** Alone on a line: the shell's own names of files belong here. */
export const FILES = ':files'

interface Offered {
  readonly value: string
  readonly says?: string
}

/** Prints what may stand in place of the last of `words`: one a line, with a tab before what it means. */
export async function offer(words: readonly string[], daemon: Daemon, screen: Screen): Promise<number> {
  const list = await offers(words, daemon)
  const lines = list.map(({ value, says }) => (says === undefined ? value : `${value}\t${says}`))
  if (lines.length > 0) await screen.raw(`${lines.join('\n')}\n`)
  return EXIT.ok
}

/** The words after `tallyctl`, the last one as far as it is typed. */
export async function offers(words: readonly string[], daemon: Daemon): Promise<readonly Offered[]> {
  const current = words.at(-1) ?? ''
  const { command, given, flags, open } = read(words.slice(0, -1))
  if (open !== undefined) return fitting(await valuesOf(open, current, daemon), current)
  const [name = '', typed] = splitFlag(current)
  const inline = flagsOf(command).find((flag) => flag.value !== undefined && `--${flag.name}` === name)
  if (inline !== undefined && typed !== undefined) {
    const values = fitting(await valuesOf(inline, typed, daemon), typed)
    return values.map(({ value, ...rest }) => ({ value: `${name}=${value}`, ...rest }))
  }
  const rest = flagsOf(command)
    .filter((flag) => flag.many === true || !flags.has(flag.name))
    .map(({ name, says }) => ({ value: `--${name}`, says }))
  const first = current.startsWith('-') ? [] : await wordsAfter(command, given, current, daemon)
  return fitting(first.some(({ value }) => value === FILES) ? first : [...first, ...rest], current)
}

/** Which command the words are of, its words so far, its flags, and the flag that waits for its value. */
function read(words: readonly string[]): {
  command: CommandName
  given: string[]
  flags: Set<string>
  open?: Flag
} {
  let command: CommandName = ''
  const given: string[] = []
  const flags = new Set<string>()
  let open: Flag | undefined
  for (const word of words) {
    const phrase: string = command === '' ? word : `${command} ${word}`
    if (open !== undefined) open = undefined
    else if (word.startsWith('--')) {
      const [name = '', value] = splitFlag(word)
      flags.add(name.slice(2))
      const flag = flagsOf(command).find((each) => `--${each.name}` === name)
      if (flag?.value !== undefined && flag.mayAsk !== true && value === undefined) open = flag
    } else if (given.length === 0 && isCommand(phrase)) command = phrase
    else if (!word.startsWith('-') || word === '-') given.push(word)
  }
  return { command, given, flags, ...(open === undefined ? {} : { open }) }
}

async function wordsAfter(command: CommandName, given: readonly string[], current: string, daemon: Daemon) {
  if (command === '') {
    return given.length > 0 ? [] : NOUNS.map((noun) => ({ value: noun as string, says: rowOf(noun).says }))
  }
  const verbs = given.length > 0 ? [] : verbsOf(command)
  const word = rowOf(command).words[given.length]
  return [
    ...verbs.map((verb) => ({ value: verb, says: rowOf(`${command} ${verb}` as CommandName).says })),
    ...(word === undefined ? [] : await valuesOf(word, current, daemon)),
  ]
}

async function valuesOf(of: Flag | Word, current: string, daemon: Daemon): Promise<readonly Offered[]> {
  if (of.names === 'file') return [{ value: FILES }]
  const asked = of.names === undefined ? [] : await namesOf(of.names, daemon)
  const values = [...new Set([...(of.choices ?? of.suggestions ?? []), ...asked.map(clean)])]
  if (!('list' in of) || of.list !== true) return values.map((value) => ({ value }))
  // A list with commas: what stands after the last one, with what is not in it yet.
  const before = current.split(',').slice(0, -1)
  const left = values.filter((value) => !before.includes(value))
  return left.map((value) => ({ value: [...before, value].join(',') }))
}

function fitting(list: readonly Offered[], current: string): readonly Offered[] {
  return list.filter(({ value }) => value === FILES || value.startsWith(current))
}

function splitFlag(word: string): [string, string?] {
  const at = word.indexOf('=')
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}
