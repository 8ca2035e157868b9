// SketchyBar on macOS: an item's script sets its label; the text is one word of that command line, so nothing is special in it.
import type { WidgetFormat } from './format.ts'
import { textOf } from './words.ts'

export const sketchybar: WidgetFormat = {
  name: 'sketchybar',
  says: 'SketchyBar, the bar of macOS',
  install: {
    into: '~/.config/sketchybar/sketchybarrc',
    // Asked for every half minute: what follows would go on beside each new one whenever the file is loaded again.
    text: `sketchybar --add item tallyd right \\
  --set tallyd update_freq=30 \\
  script='sketchybar --set "$NAME" label="$({{tallyctl}} widgets show sketchybar)"'`,
  },
  line: textOf,
}
