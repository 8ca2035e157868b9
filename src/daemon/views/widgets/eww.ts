// eww's deflisten takes a line a change; JSON is read into the variable (its documentation, "Writing your eww configuration").
import type { WidgetFormat } from './format.ts'
import { classOf, percentageOf, textOf, tooltipOf } from './words.ts'

export const eww: WidgetFormat = {
  name: 'eww',
  says: "eww, ElKowar's wacky widgets",
  install: {
    into: '~/.config/eww/eww.yuck, and (tallyd) where it is to be shown',
    text: `(deflisten tallyd_glance :initial '{"text":"","tooltip":"","class":"ok","percentage":0}'
  "{{tallyctl}} widgets show eww --follow")
(defwidget tallyd []
  (label :class "tallyd-\${tallyd_glance.class}" :text "\${tallyd_glance.text}" :tooltip "\${tallyd_glance.tooltip}"))`,
  },
  // Every key is always there: eww takes it as an error where one is missing.
  line: (facts) =>
    JSON.stringify({
      text: textOf(facts),
      tooltip: tooltipOf(facts).join('\n'),
      class: classOf(facts),
      percentage: percentageOf(facts) ?? 0,
    }),
}
