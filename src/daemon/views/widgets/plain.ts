// The text alone, a line a change: for whatever takes the output of a command.
import type { WidgetFormat } from './format.ts'
import { textOf } from './words.ts'

export const plain: WidgetFormat = {
  name: 'plain',
  says: 'the text alone, for anything that shows a line',
  install: {
    into: 'whatever shows the last line of a command that goes on running',
    text: '{{tallyctl}} widgets show plain --follow',
  },
  line: textOf,
}
