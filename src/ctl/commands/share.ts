// `tallyctl share [always|off|10m]`: whether other devices can reach this one, and how long.
import { EXIT } from '../../contract/errors.ts'
import type { Sharing } from '../../contract/sharing.ts'
import { remaining } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import { readDuration } from './duration.ts'

export const share: Command = async (asked, at) => {
  const { daemon } = at
  const [wanted] = asked.words
  const result =
    wanted === undefined
      ? await daemon.call('sharing.show', {})
      : await daemon.call('sharing.set', modeOf(wanted))
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(sharingLine(result.sharing, Date.now()))
  return EXIT.ok
}

function modeOf(wanted: string) {
  if (wanted === 'always' || wanted === 'off') return { mode: wanted } as const
  return { mode: 'window', seconds: Math.round(readDuration(wanted, 'share') / 1000) } as const
}

/** One line; `now` in Unix milliseconds. */
export function sharingLine({ open, mode, port, until, problem }: Sharing, now: number): string {
  if (problem !== null) return `not open: ${clean(problem)}`
  if (!open) return 'off: no other device can reach this one'
  if (mode === 'always' || until === null) return `open on port ${port}`
  return `open on port ${port} for ${remaining(until, now)}`
}
