// Completion scripts for bash, zsh and fish. Each asks tallyctl itself what fits (offer.ts), so that all know the same; printing them needs
// no daemon and no state.
import { EXIT } from '../../contract/errors.ts'
import type { Command } from './command.ts'
import type { SHELLS } from './flags.ts'

type Shell = (typeof SHELLS)[number]

export const completion: Command = async (asked, at) => {
  const script = completionScript(asked.words[0] as Shell)
  if (asked.has('json')) await at.screen.json({ script })
  else await at.screen.raw(script)
  return EXIT.ok
}

/** The whole script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell]
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  // Bash breaks words at : and = too: what it already has of the word must not stand in the answer.
  bash: `# completion for tallyctl in bash: source <(tallyctl completion bash)
_tallyctl() {
  local line="\${COMP_LINE:0:COMP_POINT}" words=() value says current cut=''
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  current="\${words[\${#words[@]}-1]}"
  [[ "$current" == *[:=]* ]] && cut="\${current%"\${current##*[:=]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r value says; do
    if [[ "$value" == :files ]]; then
      compopt -o filenames 2>/dev/null
      while read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${current##*=}")
      return
    fi
    value="\${value#"$cut"}"
    [[ "$value" == *[!A-Za-z0-9_:,./@=+-]* ]] && printf -v value %q "$value"
    COMPREPLY+=("$value")
  done < <(tallyctl __complete "\${words[@]:1}" 2>/dev/null)
}
complete -F _tallyctl tallyctl
`,
  zsh: `#compdef tallyctl
# completion for tallyctl in zsh: source <(tallyctl completion zsh)
_tallyctl() {
  local -a offered values shown
  local line
  offered=("\${(@f)$(tallyctl __complete "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  [[ "$offered[1]" == :files ]] && { _files; return }
  for line in "\${(@)offered}"; do
    [[ -n "$line" ]] || continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  compadd -l -d shown -a values
}
compdef _tallyctl tallyctl
`,
  fish: `# completion for tallyctl in fish: tallyctl completion fish | source
function __tallyctl_offered
  set -l words (commandline -opc) (commandline -ct)
  set -e words[1]
  set -l offered (tallyctl __complete $words 2>/dev/null)
  if test "$offered[1]" = :files
    __fish_complete_path (commandline -ct)
  else
    string join \\n -- $offered
  end
end
complete -c tallyctl -f -k -a '(__tallyctl_offered)'
`,
}
