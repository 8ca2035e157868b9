// The rows of the commands about what may be spent and what is paid; table.ts has the others.
import type { CommandRow } from './flags.ts'

export const BUDGET_COMMANDS = {
  budgets: {
    says: 'how much of each budget of the config all devices together have spent',
    remote: true,
    words: [],
    flags: [{ name: 'check', says: 'exit with 1 when a budget is used up, with 0 when none is' }],
    more: [
      'a day, a week from Monday and a month by the clock of the machine that tallyd runs on. near: 80 % or more; over: 100 % or more.',
      'with --check and no budget in the config the exit status is 2. what is still being read is not counted yet: see tallyctl status --wait.',
    ],
    examples: [
      { line: 'tallyctl budgets', says: 'one line a budget' },
      { line: 'tallyctl budgets --check', says: 'for a script: exits with 1 when one is over' },
    ],
  },
  plans: {
    says: 'what each subscription of the config costs a month, and what its tokens would have cost by the call',
    remote: true,
    words: [],
    flags: [],
    more: [
      'this calendar month and the last, of all devices; beside each how many times the price that is. what an agent did without the plan, by a key of its own, cannot be told apart and is in the sum.',
    ],
    examples: [{ line: 'tallyctl plans', says: 'one line a plan' }],
  },
} as const satisfies Record<string, CommandRow>
