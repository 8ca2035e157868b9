// `tallyctl quotas`: the windows of every account, as last observed.
import { EXIT } from '../../contract/errors.ts'
import type { Quota } from '../../contract/quotas.ts'
import { when } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import { resetWords, usedWords } from '../terminal/window-words.ts'
import type { Command } from './command.ts'

export const quotas: Command = async (asked, at) => {
  const result = await at.daemon.call('quotas.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.quotas.length > 0)
    await at.screen.answer(...quotaLines(result.quotas, at.screen, Date.now()))
  else {
    await at.screen.answer('no quotas observed yet')
    await at.screen.note(
      'codex tells them in its logs, on plans that have them',
      at.screen.typed('for claude code see: tallyctl statusline --help'),
    )
  }
  return EXIT.ok
}

const COLUMNS: readonly Column[] = [
  { title: 'agent', align: 'left' },
  { title: 'window', align: 'left' },
  { title: 'used', align: 'right' },
  { title: 'resets', align: 'left' },
  { title: 'observed', align: 'left' },
]

/** `now` in Unix milliseconds. */
export function quotaLines(list: readonly Quota[], screen: Screen, now: number): string[] {
  const isOneAccount = (agent: string) =>
    new Set(list.filter((each) => each.agent === agent).map(({ account }) => account)).size < 2
  const rows = list.map((quota) => {
    const { agent, account, label, usedPercent, resetAt, observedAt, device } = quota
    const whose = isOneAccount(agent)
      ? ''
      : ` ${account === null ? 'unknown account' : clean(account).slice(0, 8)}`
    return [
      `${clean(agent)}${whose}`,
      clean(label),
      usedWords(quota),
      usedPercent === null ? 'reset since' : resetAt === null ? '–' : resetWords(resetAt, now),
      `${clean(when(observedAt, now))}, ${clean(device)}`,
    ]
  })
  return tableLines({ columns: COLUMNS, rows }, screen.columns)
}
