// A wall clock for a test's daemons that can be set while they run.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Teardown, temporaryFolder } from './daemon.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export interface WallClock {
  /** What makes a daemon go by it. */
  readonly env: Readonly<Record<string, string>>
  /** Off by so many milliseconds from now on. */
  set(offsetMs: number): void
}

export function wallClock(t: Teardown): WallClock {
  const file = join(temporaryFolder(t), 'offset')
  const hook = new URL('./set-clock.js', import.meta.url).href
  // By rename: a daemon that reads meanwhile has the one or the other, never an empty file.
  const set = (offsetMs: number) => {
    writeFileSync(`${file}.new`, String(offsetMs))
    renameSync(`${file}.new`, file)
  }
  set(0)
  return { env: { NODE_OPTIONS: `--import=${hook}`, CLOCK_OFFSET: file }, set }
}
