// The one way into usage for the rest of the daemon: this device's totals, sources, readiness, and its own checks.
import type { Progress } from '../../contract/daemon.ts'
import type { Check } from '../../contract/doctor.ts'
import type { SourceReport } from '../../contract/usage.ts'
import type { Totals } from '../tallies/totals.ts'
import { type Activity, activityOf } from './active.ts'
import { checkUsage } from './checks.ts'
import type { UsageContext } from './context.ts'
import { LiveIndex } from './index/live-index.ts'
import { rejectedLines } from './index/log-file.ts'
import { reportSources } from './report.ts'

export type { UsageContext } from './context.ts'

export interface IndexState {
  readonly ready: boolean
  readonly files: number
  readonly bytes: number
  readonly lines: number
  readonly rejected: number
  readonly tookMs: number
  readonly progress: Progress | null
}

export interface Usage {
  /** Reads what is new since the checkpoint, then watches. Resolves when the first index is done. */
  start(): Promise<void>
  /** Ends watching and writes the checkpoint. */
  stop(): Promise<void>
  /** This device's own; ask again each time: a reopened checkpoint brings other objects. */
  totals(): Totals
  /** Whether the totals hold what the logs told when the daemon started; until then they may be less than they were. */
  isComplete(): boolean
  sources(): SourceReport[]
  /** What goes on now, as the logs say. */
  activity(): Activity
  /** Every log of an agent, with when it was written last in Unix milliseconds. */
  logs(agent: string): Iterable<{ readonly path: string; readonly mtimeMs: number }>
  /** Looks at every file now. */
  rescan(): Promise<{ files: number; changed: number; lines: number; tookMs: number }>
  state(): IndexState
  checks(): Promise<Check[]>
}

/** Loads the checkpoint; `start` does the rest. */
export function createUsage(context: UsageContext): Usage {
  const { now } = context
  const index = new LiveIndex(context)
  return {
    totals: () => index.ledger,
    isComplete: () => index.isComplete,
    start: () => index.start(),
    stop: () => index.stop(),
    rescan: () => index.rescan(),
    sources: () => reportSources(index),
    activity: () => activityOf(index, now()),
    *logs(agent) {
      for (const file of index.files.values()) if (file.agent === agent) yield file
    },
    checks: () => checkUsage(index, now()),
    state() {
      let [bytes, lines, rejected] = [0, 0, 0]
      for (const file of index.files.values()) {
        bytes += file.offset
        lines += file.lines
        rejected += rejectedLines(file)
      }
      const { ready, tookMs, progress } = index
      return { ready, files: index.files.size, bytes, lines, rejected, tookMs, progress }
    },
  }
}
