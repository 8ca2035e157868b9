// The rows of the commands about status bars; table.ts has the others.
import { WIDGET_NAMES } from '../../contract/generated/widget-names.ts'
import type { CommandRow, Word } from './flags.ts'

const format: Word = { name: 'FORMAT', choices: WIDGET_NAMES, says: 'the status bar it is for' }

export const WIDGET_COMMANDS = {
  widgets: {
    says: 'lists the status bars that can show what was spent',
    words: [],
    flags: [],
    examples: [{ line: 'tallyctl widgets', says: 'one line a format' }],
  },
  'widgets show': {
    says: 'prints one widget, or with --follow another one whenever it changes',
    words: [format],
    flags: [{ name: 'follow', says: 'go on for ever, and wait for tallyd where it does not run' }],
    more: [
      'where tallyd does not run the widget says so, and the exit status is 0: the bar is to show it.',
      'with --follow it tries again after 0.25 s, then after twice as long each time, at most 10 s.',
    ],
    examples: [
      { line: 'tallyctl widgets show waybar', says: 'what Waybar would get' },
      { line: 'tallyctl widgets show plain --follow', says: 'one line a change' },
    ],
  },
  'widgets install': {
    says: 'prints what to put where, so that a status bar shows the widget',
    words: [format],
    flags: [{ name: 'print', says: 'print it even where it could be written' }],
    more: [
      'swiftbar, xbar and argos take a whole file of their own: it is written where they look for it, unless another one lies there.',
    ],
    examples: [
      { line: 'tallyctl widgets install waybar', says: 'the lines for its config' },
      { line: 'tallyctl widgets install argos', says: 'writes ~/.config/argos/tallyd.30s.sh' },
    ],
  },
} as const satisfies Record<string, CommandRow>
