// What a person must know about figures that are not complete yet, or not quite right.
import type { Status } from '../../contract/daemon.ts'
import { counted } from './figures.ts'
import { percent } from './progress.ts'

/** Nothing when the first index is done and doctor has nothing to say. */
export function notReadyLines(status: Status): string[] {
  const lines: string[] = []
  if (!status.ready) {
    const share = status.progress === null ? '' : ` (${percent(status.progress)})`
    lines.push(`still reading logs${share}, the totals will grow: tallyctl status --wait 60s`)
  }
  if (status.problems > 0) lines.push(`${counted(status.problems, 'problem')}: tallyctl doctor`)
  return lines
}
