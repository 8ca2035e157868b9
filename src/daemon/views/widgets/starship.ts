// starship's prompt, which waits for what it shows: its module reads the file that tallyd keeps instead of asking.
import type { WidgetFormat } from './format.ts'
import { STOPPED, textOf } from './words.ts'

export const starship: WidgetFormat = {
  name: 'starship',
  says: 'the prompt starship, from a file: it waits for nothing',
  install: {
    into: '~/.config/starship.toml',
    text: `[custom.tallyd]
command = "cat '{{lastText}}' 2>/dev/null || echo '${STOPPED}'"
when = true
shell = ["sh"]
format = "[$output]($style) "
style = "dimmed white"`,
  },
  line: textOf,
}
