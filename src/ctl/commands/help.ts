// Help for a terminal, from the rows of table.ts. Needs no daemon and no state.
import { EXIT } from '../../contract/errors.ts'
import type { Screen } from '../terminal/screen.ts'
import { wrapped } from '../terminal/text.ts'
import type { Flag, Word } from './flags.ts'
import { type CommandName, flagsOf, isCommand, NOUNS, rowOf, verbsOf } from './table.ts'

export async function help(command: CommandName, screen: Screen): Promise<number> {
  const lines = helpLines(command).map((line) => screen.commandsTyped(line))
  // Its columns are too narrow for the path.
  const where = screen.docs !== null && lines.some((line) => line.includes('docs/')) ? screen.docs : null
  await screen.answer(...lines, ...(where === null ? [] : ['', `docs/ is ${where}`]))
  return EXIT.ok
}

/** What `--help` prints for a command; the empty name is `tallyctl` alone. */
export function helpLines(command: CommandName): string[] {
  const row = rowOf(command)
  const lines = [command === '' ? `tallyctl: ${row.says}` : row.says, '', `  ${synopsis(command)}`]
  const words = row.words.map((word): [string, string] => [word.name, choicesIn(word.says, word)])
  const flags = flagsOf(command).map((flag): [string, string] => [flagText(flag), choicesIn(flag.says, flag)])
  const examples = row.examples.map(({ line, says }): [string, string] => [line, says])
  if (command === '') lines.push('', 'commands', ...columns(NOUNS.map((name) => [name, rowOf(name).says])))
  const verbs = verbsOf(command).map((verb): [string, string] => [verb, saysOf(`${command} ${verb}`)])
  if (verbs.length > 0) lines.push('', ...columns(verbs))
  if (words.length > 0) lines.push('', ...columns(words))
  lines.push('', ...columns(flags))
  for (const paragraph of row.more ?? []) lines.push('', ...wrapped(paragraph, 78))
  lines.push('', examples.length === 1 ? 'example' : 'examples', ...columns(examples))
  if (command === '') lines.push('', 'more of a command: tallyctl usage --help')
  return lines
}

function saysOf(name: string): string {
  return isCommand(name) ? rowOf(name).says : ''
}

/** `tallyctl usage [RANGE] [flags]`. */
export function synopsis(command: CommandName): string {
  const words = rowOf(command).words.map((word) => (word.optional === true ? `[${word.name}]` : word.name))
  return ['tallyctl', ...(command === '' ? ['[COMMAND]'] : [command]), ...words, '[flags]'].join(' ')
}

/** `-h, --help` or `--tz ZONE`. */
export function flagText(flag: Flag): string {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  return `${short}--${flag.name}${flag.value === undefined ? '' : ` ${flag.value}`}`
}

/** What a word or flag means, with the only values it can have. */
export function choicesIn(says: string, { choices }: Pick<Word, 'choices'>): string {
  return choices === undefined ? says : `${choices.join(', ')}; ${says}`
}

function columns(pairs: readonly (readonly [string, string])[]): string[] {
  const longest = pairs.reduce((most, [left]) => Math.max(most, left.length), 0)
  // Examples may be long: then the meaning goes under the line.
  if (longest > 36) return pairs.flatMap(([left, right]) => [`  ${left}`, `      ${right}`])
  return pairs.flatMap(([left, right]) =>
    wrapped(right, Math.max(30, 76 - longest)).map(
      (line, index) => `  ${(index === 0 ? left : '').padEnd(longest)}   ${line}`,
    ),
  )
}
