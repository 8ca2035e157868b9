// SwiftBar on macOS, as a streamable plugin. Its README: `~~~` begins a menu anew; a line is its title, `|`, and parameters;
// what stands before `---` is in the menu bar.
import type { WidgetFormat } from './format.ts'
import { menuLines } from './menu.ts'

/** Names must not become symbols (`:sun.max:`), emoji (`:tada:`) or colours. */
const AS_IT_IS = 'symbolize=false emojize=false ansi=false'

export const swiftbar: WidgetFormat = {
  name: 'swiftbar',
  says: 'SwiftBar, in the menu bar of macOS',
  install: {
    into: "SwiftBar's plugin folder, as tallyd.sh",
    file: { name: 'tallyd.sh', folder: null, setting: ['com.ameba.SwiftBar', 'PluginDirectory'] },
    text: `#!/bin/sh
# tallyd widget, written by: tallyctl widgets install swiftbar
# <bitbar.title>tallyd</bitbar.title>
# <bitbar.desc>What your coding agents spent today, on all your devices</bitbar.desc>
# <swiftbar.type>streamable</swiftbar.type>
# <swiftbar.hideRunInTerminal>true</swiftbar.hideRunInTerminal>
exec {{tallyctl}} widgets show swiftbar --follow`,
  },
  // The separator comes first: SwiftBar keeps what stands behind the last one.
  line: (facts) => ['~~~', ...menuLines(facts, AS_IT_IS)].join('\n'),
}
