// Argos, an extension of GNOME Shell, reads xbar's language and more: markup, escapes and emoji in texts, which are switched off
// (its README, "Line attributes"). Parameters are split as a shell splits words.
import type { WidgetFormat } from './format.ts'
import { menuLines } from './menu.ts'

const AS_IT_IS = 'useMarkup=false unescape=false emojize=false ansi=false'

export const argos: WidgetFormat = {
  name: 'argos',
  says: 'Argos, in the top bar of GNOME',
  install: {
    into: '~/.config/argos, as tallyd.30s.sh',
    file: { name: 'tallyd.30s.sh', folder: '.config/argos' },
    text: `#!/bin/sh
# tallyd widget, written by: tallyctl widgets install argos
exec {{tallyctl}} widgets show argos`,
  },
  line: (facts) => menuLines(facts, AS_IT_IS).join('\n'),
}
