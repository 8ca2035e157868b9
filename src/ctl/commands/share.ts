// `tallyctl share [always|off|10m]`: whether other devices can reach this one, and how long.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import type { Sharing } from '../../contract/sharing.ts'
import { remaining } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import { readDuration } from './duration.ts'

/** Of a window. */
const SHORTEST_MS = 5_000
const HOW = 'use always, off, or a while from 5s to 24h such as 10m'

export const share: Command = async (asked, at) => {
  const { daemon } = at
  const [wanted] = asked.words
  const result =
    wanted === undefined
      ? await daemon.call('sharing.show', {})
      : await daemon.call('sharing.set', modeOf(wanted))
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(sharingLine(result.sharing, Date.now()))
  return exitOf(result.sharing)
}

/** What should be open and is not has failed, also where it is only looked at: with the status of what is in the way. */
function exitOf({ problem }: Sharing): number {
  if (problem === null) return EXIT.ok
  const row = Object.values(ERRORS).find(({ says }) => problem.startsWith(says))
  return row?.exit ?? EXIT.failed
}

function modeOf(wanted: string) {
  if (wanted === 'always' || wanted === 'off') return { mode: wanted } as const
  if (!/^\d/.test(wanted)) throw new TallyError('wrongUsage', `${wanted} is not how to share`, HOW)
  const ms = readDuration(wanted, 'HOW')
  if (ms < SHORTEST_MS) throw new TallyError('wrongUsage', `${wanted} is too short`, HOW)
  return { mode: 'window', seconds: Math.round(ms / 1000) } as const
}

/** One line; `now` in Unix milliseconds. */
export function sharingLine({ open, mode, port, until, problem }: Sharing, now: number): string {
  if (problem !== null) return `not open: ${clean(problem)}`
  if (!open) return 'off: no other device can reach this one'
  if (mode === 'always' || until === null) return `open on port ${port}`
  return `open on port ${port} for ${remaining(until, now)}`
}
