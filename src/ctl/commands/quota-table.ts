// The rows of the commands about quotas; table.ts has the others.
import type { CommandRow } from './flags.ts'

export const QUOTA_COMMANDS = {
  quotas: {
    says: "how much of each account's windows is used, as last observed on any device",
    remote: true,
    words: [],
    flags: [],
    more: [
      'nobody is asked: Codex tells it in its logs, Claude Code to its status line (tallyctl statusline --help).',
    ],
    examples: [{ line: 'tallyctl quotas', says: 'one line a window' }],
  },
  statusline: {
    says: 'prints a status line for Claude Code, and keeps what Claude Code tells of its windows',
    words: [],
    flags: [
      {
        name: 'then',
        value: 'COMMAND',
        says: 'run this with the same input and print what it says first: the status line that you had',
      },
    ],
    more: [
      'reads the JSON that Claude Code writes to its status line. in ~/.claude/settings.json:',
      '  "statusLine": { "type": "command", "command": "tallyctl statusline" }',
      'of that JSON it looks at the cost of the session and at rate_limits, and at nothing else.',
    ],
    examples: [
      { line: 'tallyctl statusline', says: 'this session, today on all devices, the windows' },
      { line: "tallyctl statusline --then '~/.claude/statusline.sh'", says: 'below your own' },
    ],
  },
} as const satisfies Record<string, CommandRow>
