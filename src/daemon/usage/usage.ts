// The one way into usage for the rest of the daemon: totals, sources, readiness, and its own checks.
import { readlinkSync } from 'node:fs'
import type { Config } from '../../contract/config.ts'
import type { Progress } from '../../contract/daemon.ts'
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import type { SourceReport, Summary, SummaryParams } from '../../contract/usage.ts'
import type { Bus } from '../bus.ts'
import type { Incidents } from '../store/incidents.ts'
import { checkUsage } from './checks.ts'
import { LiveIndex } from './index/live-index.ts'
import { rejectedLines } from './index/log-file.ts'
import { createPriceBook } from './prices/price-book.ts'
import { rangeOf } from './range.ts'
import { reportSources } from './report.ts'
import { summarise } from './summary.ts'
import { systemZone, zoneOf } from './zone.ts'

export interface UsageContext {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  readonly bus: Bus
  readonly incidents: Incidents
  /** This device's name, shown in rows by device. */
  readonly deviceName: string
  /** Unix milliseconds; passed in so that tests can hold it. */
  readonly now: () => number
  /** The indexer's program, for more than a few megabytes of logs; null reads everything in this process. */
  readonly indexer: string | null
}

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
  /** Throws TallyError unknownTimeZone, invalidRange or invalidParams. */
  summary(params: SummaryParams): Summary
  sources(): SourceReport[]
  /** Looks at every file now. */
  rescan(): Promise<{ files: number; changed: number; lines: number; tookMs: number }>
  state(): IndexState
  checks(): Promise<Check[]>
}

/** Loads the checkpoint; `start` does the rest. */
export function createUsage(context: UsageContext): Usage {
  const { config, now, deviceName } = context
  const index = new LiveIndex(context)
  const prices = createPriceBook(config.prices)
  return {
    start: () => index.start(),
    stop: () => index.stop(),
    rescan: () => index.rescan(),
    sources: () => reportSources(index),
    checks: () => checkUsage(index, now()),
    summary(params) {
      const zone = zoneOf(params.timeZone ?? systemZone(readLocaltime))
      const range = rangeOf(params, zone, now())
      const strange = params.devices?.find((name) => name !== deviceName && name !== 'self')
      if (strange !== undefined) {
        throw new TallyError('invalidParams', `no device is called ${JSON.stringify(strange)}`, 'leave --device out')
      }
      return summarise(index.ledger, prices, { by: params.by ?? [], range, zone, params, deviceName })
    },
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

function readLocaltime(): string | undefined {
  try {
    return readlinkSync('/etc/localtime')
  } catch {
    return undefined
  }
}
