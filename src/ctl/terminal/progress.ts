// The progress line of the first index: a bar, per cent, bytes, speed, time left.
import type { Progress } from '../../contract/daemon.ts'
import { bar } from './bars.ts'
import { bytes, duration } from './figures.ts'
import { padded } from './text.ts'

const BAR = 14

/**
 * `reading logs  ████████▌      58 %   1.2 of 2.1 GB   1.6 GB/s   4 s left`, cut to `columns`; speed and time left
 * are the average since the start, and stand there once that means something.
 */
export function progressLine(progress: Progress, now: number, columns: number): string {
  const { bytesDone, bytesTotal } = progress
  const share = bytesTotal === 0 ? 0 : Math.min(1, bytesDone / bytesTotal)
  const passedMs = now - Date.parse(progress.startedAt)
  const parts = [
    `reading logs  ${padded(bar(share, BAR), BAR, 'left')}${percent(progress).padStart(6)}`,
    sizes(bytesDone, bytesTotal),
  ]
  if (passedMs >= 200 && bytesDone > 0) {
    const perMs = bytesDone / passedMs
    parts.push(`${bytes(perMs * 1000)}/s`, `${duration(Math.max(0, bytesTotal - bytesDone) / perMs)} left`)
  }
  let line = ''
  for (const part of parts) {
    const longer = line === '' ? part : `${line}   ${part}`
    if (longer.length >= columns) break
    line = longer
  }
  return line
}

/** `58 %` of the index. */
export function percent(progress: Progress): string {
  const { bytesDone, bytesTotal } = progress
  return `${bytesTotal === 0 ? 0 : Math.floor((bytesDone * 100) / bytesTotal)} %`
}

function sizes(done: number, total: number): string {
  const [doneText, totalText] = [bytes(done), bytes(total)]
  const unit = ` ${totalText.split(' ')[1]}`
  return `${doneText.endsWith(unit) ? doneText.slice(0, -unit.length) : doneText} of ${totalText}`
}
