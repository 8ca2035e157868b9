// The rows of the commands about the service; table.ts has the others.
import type { CommandRow, Flag } from './flags.ts'

const yes: Flag = { name: 'yes', says: 'do not ask: yes to every question' }

export const SERVICE_COMMANDS = {
  service: {
    says: 'tallyd as a service that starts with your login and again after a crash: systemd or launchd',
    words: [],
    flags: [],
    more: [
      'alone it says the same as service status. docs/service.md has servers, logs, upgrades and what the service may do.',
    ],
    examples: [
      { line: 'tallyctl service', says: 'whether it is installed, and how it is' },
      { line: 'tallyctl service --json', says: 'for a script' },
    ],
  },
  'service install': {
    says: 'writes the service of this installation, enables it, and returns when tallyd is ready',
    words: [],
    flags: [yes],
    more: [
      'run it again after tallyd or Node has moved. a tallyd that was started otherwise is stopped first, if you say yes; a second one never runs.',
      'on a machine without a desktop it asks whether tallyd goes on while nobody is logged in (lingering).',
    ],
    examples: [
      { line: 'tallyctl service install', says: 'with questions where there are any' },
      { line: 'tallyctl service install --yes --json', says: 'for a script' },
    ],
  },
  'service uninstall': {
    says: 'stops tallyd and removes the service; what was counted is kept',
    words: [],
    flags: [yes],
    examples: [{ line: 'tallyctl service uninstall --yes', says: 'nothing of the service is left' }],
  },
  'service status': {
    says: 'whether the service is installed, and how it is',
    words: [],
    flags: [],
    more: [
      'the states are running, starting, stopped, failed and absent, and unreachable where nobody answers who could tell; whichever it is, the exit status is 0.',
    ],
    examples: [{ line: 'tallyctl service status --json', says: 'for a script' }],
  },
  'service logs': {
    says: 'what tallyd wrote to its log as a service',
    words: [],
    flags: [
      { name: 'follow', short: 'f', says: 'stay, and print what comes, until Ctrl-C' },
      { name: 'lines', short: 'n', value: 'NUMBER', says: 'how many of the last lines; 50 if absent' },
    ],
    more: ['with --json the lines are as tallyd wrote them, one JSON object each.'],
    examples: [
      { line: 'tallyctl service logs -f', says: 'until Ctrl-C' },
      { line: 'tallyctl service logs --lines 200', says: 'more of what was' },
    ],
  },
  'service restart': {
    says: 'restarts the service, and returns when tallyd is ready again',
    words: [],
    flags: [],
    more: ['what follows tallyd, such as a status bar, connects again by itself.'],
    examples: [
      { line: 'tallyctl service restart', says: 'after an upgrade, or a change of the config file' },
    ],
  },
} as const satisfies Record<string, CommandRow>
