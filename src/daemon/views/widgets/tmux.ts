// tmux's status line. tmux(1), status-left and FORMATS: of a command that goes on running the last line is shown, at most once a
// second, and it is expanded: `#` is written twice, `#[…]` is a style.
import { tmuxFormat } from './escapes.ts'
import type { WidgetFormat } from './format.ts'
import { isAlarming, textOf } from './words.ts'

export const tmux: WidgetFormat = {
  name: 'tmux',
  says: 'the status line of tmux',
  install: {
    into: '~/.tmux.conf; then: tmux source-file ~/.tmux.conf',
    // Not appended: it would be there once more whenever the file is loaded again.
    text: `# where there is a status-right already, put what is in #(…) into it
set -g status-right "#({{tallyctl}} widgets show tmux --follow)  %H:%M"
set -g status-right-length 80`,
  },
  line(facts) {
    const text = tmuxFormat(textOf(facts))
    return isAlarming(facts) ? `#[fg=yellow]${text}#[fg=default]` : text
  },
}
