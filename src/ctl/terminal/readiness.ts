// What a person must know about figures that are not complete yet, or not quite right.
import type { Status } from '../../contract/daemon.ts'
import { counted } from './figures.ts'
import { percent } from './progress.ts'

/** Nothing when the first index is done and doctor has nothing to say, or where there is no status. */
export function notReadyLines(status: Status | null): string[] {
  if (status === null) return []
  const lines: string[] = []
  if (!status.ready) {
    const share = status.progress === null ? '' : ` (${percent(status.progress)})`
    lines.push(`still reading logs${share}, the totals will grow: tallyctl status --wait 60s`)
  }
  if (status.problems > 0) lines.push(problemsLine(status.problems))
  return lines
}

/** `1 problem; run: tallyctl doctor`. */
export function problemsLine(problems: number): string {
  return `${counted(problems, 'problem')}; run: tallyctl doctor`
}
