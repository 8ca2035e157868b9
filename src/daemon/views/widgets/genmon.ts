// Xfce's generic monitor runs a command again and again and looks for <txt> and <tool> in what it prints; both are Pango markup.
// It finds the ends of the tags by searching, so none may come from a name.
import { pango } from './escapes.ts'
import type { WidgetFormat } from './format.ts'
import { isAlarming, textOf, tooltipOf, WARNING_COLOUR } from './words.ts'

export const genmon: WidgetFormat = {
  name: 'genmon',
  says: 'Generic Monitor, in the panel of Xfce',
  install: {
    into: "the command of a Generic Monitor in Xfce's panel, with a period of 30 seconds and no label",
    text: '{{tallyctl}} widgets show genmon',
  },
  line(facts) {
    const text = pango(textOf(facts))
    const coloured = isAlarming(facts) ? `<span foreground="${WARNING_COLOUR}">${text}</span>` : text
    return `<txt>${coloured}</txt>\n<tool><tt>${tooltipOf(facts).map(pango).join('\n')}</tt></tool>`
  },
}
