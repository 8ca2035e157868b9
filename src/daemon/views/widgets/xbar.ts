// xbar on macOS runs a plugin again and again; the interval stands in its name. xbar's README: title, `|`, parameters.
import type { WidgetFormat } from './format.ts'
import { menuLines } from './menu.ts'

export const xbar: WidgetFormat = {
  name: 'xbar',
  says: 'xbar, in the menu bar of macOS',
  install: {
    into: '~/Library/Application Support/xbar/plugins, as tallyd.30s.sh',
    file: { name: 'tallyd.30s.sh', folder: 'Library/Application Support/xbar/plugins' },
    text: `#!/bin/sh
# tallyd widget, written by: tallyctl widgets install xbar
#  <xbar.title>tallyd</xbar.title>
#  <xbar.desc>What your coding agents spent today, on all your devices</xbar.desc>
exec {{tallyctl}} widgets show xbar`,
  },
  line: (facts) => menuLines(facts, 'emojize=false ansi=false').join('\n'),
}
