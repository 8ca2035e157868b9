// What connect and login show while they wait for the owner's yes elsewhere: the code, the time left, and how to stop.
import { hostname } from 'node:os'
import { TallyError } from '../../contract/errors.ts'
import { clean } from '../terminal/text.ts'
import type { Surrounding } from './command.ts'
import type { Asked } from './parse.ts'

const LONGEST_LABEL = 64

/** What is shown there of who asks: this machine's short name if nothing else is said. */
export function labelIn(asked: Asked): string {
  const given = asked.value('label')
  if (given === undefined) return clean(hostname().split('.')[0] ?? '').slice(0, LONGEST_LABEL) || 'tallyctl'
  if (given.length <= LONGEST_LABEL && clean(given).trim() !== '') return clean(given)
  throw new TallyError('wrongUsage', `--label takes 1 to ${LONGEST_LABEL} characters`)
}

/** What the person is told who wants in. */
export function bannerLines({
  code,
  verificationUri,
  expiresInMs,
}: {
  readonly code: string
  readonly verificationUri: string
  readonly expiresInMs: number
}): string[] {
  return [
    `to let this machine in, open   ${verificationUri}`,
    `and type the code              ${code}`,
    `or run there                   tallyctl approve ${code} --new-member NAME`,
    `the code is good for           ${clockTime(expiresInMs)} min   Ctrl-C ends this, and saves nothing`,
  ]
}

/** On a terminal one line in place, every second; nothing elsewhere. */
export function showTimeLeft(until: number, { screen }: Surrounding, isSilent: boolean) {
  let hasAnswer = true
  const draw = (): void => {
    const columns = screen.progressColumns
    if (columns === null || isSilent) return
    const trouble = hasAnswer ? '' : '   no answer, trying again'
    const text = `waiting for a yes   ${clockTime(until - performance.now())} left${trouble}`
    void screen.progress(text.slice(0, columns - 1))
  }
  const timer = setInterval(draw, 1000)
  draw()
  return {
    answered(was: boolean): void {
      hasAnswer = was
    },
    async end(): Promise<void> {
      clearInterval(timer)
      if (screen.progressColumns !== null && !isSilent) await screen.progress('')
    },
  }
}

/** `9:58`. */
function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
