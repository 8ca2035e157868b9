// Every widget format. A new one is a file beside this one and a line here; then: npm run generate.
import { argos } from './argos.ts'
import { eww } from './eww.ts'
import type { WidgetFormat } from './format.ts'
import { genmon } from './genmon.ts'
import { i3blocks } from './i3blocks.ts'
import { plain } from './plain.ts'
import { polybar } from './polybar.ts'
import { sketchybar } from './sketchybar.ts'
import { starship } from './starship.ts'
import { swiftbar } from './swiftbar.ts'
import { tmux } from './tmux.ts'
import { waybar } from './waybar.ts'
import { xbar } from './xbar.ts'

export const FORMATS: readonly WidgetFormat[] = [
  waybar,
  swiftbar,
  tmux,
  plain,
  xbar,
  i3blocks,
  polybar,
  sketchybar,
  starship,
  eww,
  argos,
  genmon,
]
