// What is told besides usage: how fresh the devices are, what waits, and how the daemon is. Nothing here starts a timer or
// keeps anything: it is read off when somebody scrapes.
import { readdirSync } from 'node:fs'
import type { Request } from '../../contract/requests.ts'
import type { SourceReport } from '../../contract/usage.ts'
import type { DeviceFacts } from '../devices/devices.ts'
import type { Requests } from '../requests/requests.ts'
import type { Usage } from '../usage/usage.ts'
import type { Series, Told } from './families.ts'
import { labelOf } from './label.ts'

export interface HealthContext {
  readonly version: string
  readonly usage: Pick<Usage, 'state' | 'sources'>
  /** Every device there is, this one first. */
  readonly devices: () => readonly DeviceFacts[]
  readonly requests: Pick<Requests, 'list'>
  /** What doctor would show as warning or broken, as last known. */
  readonly problems: () => number
}

/** Told even where there are none: an alert on an absent series stays silent. */
const KINDS = Object.keys({ pairing: 0, enrolment: 0, transfer: 0 } satisfies Record<Request['kind'], 0>)

export function healthOf({ version, usage, devices, requests, problems }: HealthContext): Told {
  const { ready, progress } = usage.state()
  const waiting = requests.list()
  return {
    ...freshnessOf(devices()),
    ...indexOf(usage.sources()),
    tallyd_requests_waiting: KINDS.map((kind) => ({
      labels: { kind },
      value: waiting.filter((request) => request.kind === kind).length,
    })),
    tallyd_doctor_problems: one(problems()),
    tallyd_index_ready: one(Number(ready)),
    tallyd_index_progress_ratio: one(
      progress === null ? 1 : Math.min(1, progress.bytesDone / Math.max(1, progress.bytesTotal)),
    ),
    tallyd_build_info: [{ labels: { version, node: process.versions.node }, value: 1 }],
    process_start_time_seconds: one(performance.timeOrigin / 1e3),
    ...processOf(),
  }
}

/** Of devices whose numbers are expected: not of those that only read ours, and not of those without trust. */
function freshnessOf(devices: readonly DeviceFacts[]): Told {
  const byLabel = new Map<string, DeviceFacts>()
  for (const facts of devices) {
    const { name, self, state, direction } = facts
    const device = labelOf(name)
    const isExpected = self || (state === 'paired' && direction !== 'give')
    if (isExpected && !byLabel.has(device)) byLabel.set(device, facts)
  }
  const of = (value: (facts: DeviceFacts) => number | null): Series[] =>
    [...byLabel].flatMap(([device, facts]) => {
      const found = value(facts)
      return found === null ? [] : [{ labels: { device }, value: found }]
    })
  return {
    tallyd_device_self: of(({ self }) => (self ? 1 : null)),
    tallyd_device_live: of(({ freshness }) => Number(freshness === 'live')),
    tallyd_device_last_seen_timestamp_seconds: of(({ asOf }) =>
      asOf === null ? null : Date.parse(asOf) / 1e3,
    ),
    tallyd_device_problem: [...byLabel].flatMap(([device, { problem }]) =>
      problem === null ? [] : [{ labels: { device, problem: labelOf(problem.code) }, value: 1 }],
    ),
  }
}

/** Of each agent's logs. Folders, and the examples of rejected lines, have paths, and stay here. */
function indexOf(sources: readonly SourceReport[]): Told {
  const of = (value: (source: SourceReport) => number): Series[] =>
    sources.map((source) => ({ labels: { agent: source.agent }, value: value(source) }))
  return {
    tallyd_index_files: of(({ files }) => files),
    tallyd_index_bytes: of(({ bytes }) => bytes),
    tallyd_index_lines: of(({ lines }) => lines),
    tallyd_index_rejected_lines: sources.flatMap(({ agent, rejected }) =>
      rejected.map(({ reason, lines }) => ({ labels: { agent, reason: labelOf(reason) }, value: lines })),
    ),
    tallyd_index_unreadable: of(({ unreadable }) => unreadable.length),
    tallyd_index_newest_timestamp_seconds: sources.flatMap(({ agent, newestAt }) =>
      newestAt === null ? [] : [{ labels: { agent }, value: Date.parse(newestAt) / 1e3 }],
    ),
  }
}

/** prom-client's own count processor time from the first scrape on, and one of them runs a timer. */
function processOf(): Told {
  const { user, system } = process.cpuUsage()
  const descriptors = openDescriptors()
  return {
    process_cpu_seconds_total: one((user + system) / 1e6),
    process_resident_memory_bytes: one(process.memoryUsage.rss()),
    ...(descriptors === null ? {} : { process_open_fds: one(descriptors) }),
  }
}

function openDescriptors(): number | null {
  try {
    // Without the one that it takes to read this.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return null
  }
}

function one(value: number): Series[] {
  return [{ labels: {}, value }]
}
