// polybar's script module with tail = true: a line a change, in which %{…} are formatting tags (its wiki, "Formatting").
import { polybarText } from './escapes.ts'
import type { WidgetFormat } from './format.ts'
import { isAlarming, textOf, WARNING_COLOUR } from './words.ts'

export const polybar: WidgetFormat = {
  name: 'polybar',
  says: 'polybar, on i3, bspwm and the like',
  install: {
    into: '~/.config/polybar/config.ini, and tallyd into one of its lists of modules',
    text: `[module/tallyd]
type = custom/script
exec = {{tallyctl}} widgets show polybar --follow
tail = true
click-left = {{tallyctl}} web`,
  },
  line(facts) {
    const text = polybarText(textOf(facts))
    return isAlarming(facts) ? `%{F${WARNING_COLOUR}}${text}%{F-}` : text
  },
}
