// The one way into usage for the rest of the daemon: totals, sources, readiness, and its own checks.
import { readlinkSync } from 'node:fs'
import type { Progress } from '../../contract/daemon.ts'
import type { Check } from '../../contract/doctor.ts'
import { TallyError } from '../../contract/errors.ts'
import type { SourceReport, Summary, SummaryParams } from '../../contract/usage.ts'
import { checkUsage } from './checks.ts'
import type { UsageContext } from './context.ts'
import { LiveIndex } from './index/live-index.ts'
import { rejectedLines } from './index/log-file.ts'
import { createPriceBook } from './prices/price-book.ts'
import { quarterOf } from './quarters.ts'
import { rangeOf } from './range.ts'
import { reportSources } from './report.ts'
import { SOURCES } from './sources/sources.ts'
import { summarise } from './summary.ts'
import { systemZone, zoneOf } from './zone.ts'

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
        throw new TallyError(
          'invalidParams',
          `no device is called ${JSON.stringify(strange)}`,
          'leave --device out',
        )
      }
      const unknown = params.agents?.find((agent) => !SOURCES.some((source) => source.agent === agent))
      if (unknown !== undefined) {
        const known = SOURCES.map(({ agent }) => agent).join(', ')
        throw new TallyError(
          'invalidParams',
          `no agent is called ${JSON.stringify(unknown)}`,
          `the agents are ${known}`,
        )
      }
      return summarise(index.ledger, prices, {
        by: params.by ?? [],
        range,
        zone,
        quarter: quarterOf(now()),
        params,
        deviceName,
      })
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
