// Completion scripts for bash, zsh and fish, from the rows of table.ts. Need no daemon and no state.
import { EXIT } from '../../contract/errors.ts'
import type { Command } from './command.ts'
import type { Flag, SHELLS } from './flags.ts'
import { type CommandName, flagsOf, NOUNS, rowOf, verbsOf } from './table.ts'

type Shell = (typeof SHELLS)[number]

export const completion: Command = async (asked, at) => {
  const script = completionScript(asked.words[0] as Shell)
  if (asked.has('json')) await at.screen.json({ script })
  else await at.screen.raw(script)
  return EXIT.ok
}

/** The whole script for a shell. */
export function completionScript(shell: Shell): string {
  const lines = { bash: bashLines, zsh: zshLines, fish: fishLines }[shell]()
  return `${lines.join('\n')}\n`
}

function bashLines(): string[] {
  const values = everyFlag().flatMap(([name, flag]) => {
    if (flag.value === undefined) return []
    return [`    ${name}:--${flag.name}) words='${offeredBy(flag).join(' ')}' ;;`]
  })
  const commands = NOUNS.map((name) => {
    const flags = flagsOf(name).map((flag) => `--${flag.name}`)
    return `    ${name}:*) words='${[...choicesOf(name), ...flags].join(' ')}' ;;`
  })
  const alone = [...NOUNS, ...flagsOf('').map((flag) => `--${flag.name}`)]
  return [
    '# completion for tallyctl in bash: source <(tallyctl completion bash)',
    '_tallyctl() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' word words='' before=''`,
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    case "$word" in ${NOUNS.join('|')}) command="$word"; break ;; esac`,
    '  done',
    '  case "$command:$previous" in',
    ...values,
    ...commands,
    `    *) words='${alone.join(' ')}' ;;`,
    '  esac',
    // A list with commas: complete what stands after the last one, with what is not in it yet.
    `  if [[ "$previous" == --by && "$current" == *,* ]]; then`,
    `    before="\${current%,*},"; current="\${current##*,}"; local left=''`,
    `    for word in $words; do [[ ",$before" == *",$word,"* ]] || left+="$word "; done`,
    `    words="$left"`,
    '  fi',
    `  COMPREPLY=($(compgen -P "$before" -W "$words" -- "$current"))`,
    '}',
    'complete -F _tallyctl tallyctl',
  ]
}

function zshLines(): string[] {
  const cases = NOUNS.flatMap((name) => [
    `    ${name})`,
    '      _arguments -s \\',
    ...flagsOf(name).map((flag) => `        ${zshFlag(flag)} \\`),
    ...(verbsOf(name).length === 0 ? [] : [`        ':verb:(${verbsOf(name).join(' ')})' \\`]),
    ...rowOf(name).words.map((word) => {
      const optional = word.optional === true ? ':' : ''
      return `        ${quoted(`:${optional}${word.name}:(${offeredBy(word).join(' ')})`)} \\`
    }),
    '      ;;',
  ])
  return [
    '#compdef tallyctl',
    '# completion for tallyctl in zsh: source <(tallyctl completion zsh)',
    '_tallyctl() {',
    '  local -a commands',
    '  commands=(',
    ...NOUNS.map((name) => `    ${quoted(`${name}:${rowOf(name).says.replaceAll(':', '\\:')}`)}`),
    '  )',
    '  if (( CURRENT == 2 )); then',
    `    _describe command commands`,
    `    _arguments -s ${flagsOf('').map(zshFlag).join(' ')}`,
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    '  esac',
    '}',
    'compdef _tallyctl tallyctl',
  ]
}

function zshFlag(flag: Flag): string {
  const says = flag.says.replace(/[[\]:]/g, '\\$&')
  const head = `${flag.many === true ? '*' : ''}--${flag.name}[${says}]`
  if (flag.value === undefined) return quoted(head)
  const choices = offeredBy(flag).join(' ')
  const action = flag.list === true ? `_values -s , ${flag.value} ${choices}` : choices && `(${choices})`
  return quoted(`${head}:${flag.value}:${action}`)
}

function fishLines(): string[] {
  const lines = [
    '# completion for tallyctl in fish: tallyctl completion fish | source',
    'complete -c tallyctl -f',
    '# a list with commas: what is not in it yet, after what is',
    'function __tallyctl_list',
    "  set -l given (string split , -- (string replace -r '^--[a-z]+=' '' -- (commandline -ct)))",
    '  set -e given[-1]',
    '  for word in $argv',
    '    contains -- $word $given; or string join , -- $given $word',
    '  end',
    'end',
  ]
  for (const name of NOUNS) {
    lines.push(`complete -c tallyctl -n __fish_use_subcommand -a ${name} -d ${quoted(rowOf(name).says)}`)
    for (const choice of choicesOf(name)) {
      lines.push(`complete -c tallyctl -n '__fish_seen_subcommand_from ${name}' -a ${choice}`)
    }
  }
  for (const [name, flag] of [...flagsOf('').map((flag) => ['', flag] as const), ...everyFlag()]) {
    const when = name === '' ? '__fish_use_subcommand' : `'__fish_seen_subcommand_from ${name}'`
    const value = flag.value === undefined ? '' : ` -x -a ${quoted(fishValues(flag))}`
    const short = flag.short === undefined ? '' : ` -s ${flag.short}`
    lines.push(`complete -c tallyctl -n ${when}${short} -l ${flag.name}${value} -d ${quoted(flag.says)}`)
  }
  return lines
}

function fishValues(flag: Flag): string {
  const values = offeredBy(flag).join(' ')
  return flag.list === true ? `(__tallyctl_list ${values})` : values
}

function everyFlag(): [CommandName, Flag][] {
  return NOUNS.flatMap((name) => flagsOf(name).map((flag): [CommandName, Flag] => [name, flag]))
}

function choicesOf(name: CommandName): string[] {
  return [...verbsOf(name), ...rowOf(name).words.flatMap(offeredBy)]
}

function offeredBy({ choices, suggestions }: Pick<Flag, 'choices' | 'suggestions'>): readonly string[] {
  return choices ?? suggestions ?? []
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
