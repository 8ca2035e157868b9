// What is told besides usage: how fresh the devices are, what waits, and how the daemon is. Nothing here starts a timer or
// keeps anything: it is read off when somebody scrapes.
import { readdirSync } from 'node:fs'
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
const KINDS = ['pairing', 'enrolment'] as const

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
  const expected = devices.filter(
    ({ self, state, direction }) => self || (state === 'paired' && direction !== 'give'),
  )
  return {
    tallyd_device_self: expected
      .filter(({ self }) => self)
      .map(({ name }) => ({ labels: { device: labelOf(name) }, value: 1 })),
    tallyd_device_live: expected.map(({ name, freshness }) => ({
      labels: { device: labelOf(name) },
      value: Number(freshness === 'live'),
    })),
    tallyd_device_last_seen_timestamp_seconds: expected.flatMap(({ name, asOf }) =>
      asOf === null ? [] : [{ labels: { device: labelOf(name) }, value: Date.parse(asOf) / 1e3 }],
    ),
    tallyd_device_problem: expected.flatMap(({ name, problem }) =>
      problem === null
        ? []
        : [{ labels: { device: labelOf(name), problem: labelOf(problem.code) }, value: 1 }],
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

/** prom-client's own count processor time from the first scrape on, and some of them run timers. */
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
