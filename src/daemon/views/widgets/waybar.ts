// waybar's custom module with "return-type": "json". waybar-custom(5): a line of JSON {text, alt, tooltip, class, percentage};
// text and tooltip are Pango markup unless "escape" is set, and then the tooltip's tags would be shown.
import { pango } from './escapes.ts'
import type { WidgetFormat } from './format.ts'
import { classOf, percentageOf, textOf, tooltipOf } from './words.ts'

export const waybar: WidgetFormat = {
  name: 'waybar',
  says: 'Waybar, on Sway, Hyprland and the like',
  install: {
    into: '~/.config/waybar/config.jsonc, and "custom/tallyd" into one of its lists of modules',
    text: `"custom/tallyd": {
  "exec": "{{tallyctl}} widgets show waybar --follow",
  "return-type": "json",
  "restart-interval": 5,
  "on-click": "{{tallyctl}} web"
}`,
  },
  line(facts) {
    const name = classOf(facts)
    const percentage = percentageOf(facts)
    return JSON.stringify({
      text: pango(textOf(facts)),
      alt: name,
      tooltip: `<tt>${tooltipOf(facts).map(pango).join('\n')}</tt>`,
      class: name,
      ...(percentage === null ? {} : { percentage }),
    })
  },
}
