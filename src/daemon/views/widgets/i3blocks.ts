// i3blocks, from 1.5 on: interval=persist takes a line a change, format=json any key of the i3bar protocol. Texts are plain there,
// unless "markup" says otherwise.
import type { WidgetFormat } from './format.ts'
import { classOf, isAlarming, textOf, WARNING_COLOUR } from './words.ts'

export const i3blocks: WidgetFormat = {
  name: 'i3blocks',
  says: 'i3blocks, in the bar of i3 and Sway',
  install: {
    into: '~/.config/i3blocks/config',
    text: `[tallyd]
command={{tallyctl}} widgets show i3blocks --follow
interval=persist
format=json`,
  },
  line: (facts) =>
    JSON.stringify({
      full_text: textOf(facts),
      // The only text that is too long for a narrow bar is that nothing runs.
      ...(facts.glance === null ? { short_text: 'no tallyd' } : {}),
      ...(isAlarming(facts) ? { color: WARNING_COLOUR } : {}),
      _class: classOf(facts),
    }),
}
