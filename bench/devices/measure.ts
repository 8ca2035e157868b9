// Everything that is measured about devices, and how a person reads it.
import { devices, pairByCode } from '../../test/harness/devices.ts'
import { latencyRow, ratioRow, table } from '../report.ts'
import type { Latencies } from '../statistics.ts'
import { type Combined, measureCombined } from './combined.ts'
import { measureNudges } from './nudges.ts'
import { type Moved, measureMoved, measurePulls, type Pulls } from './pulls.ts'
import { measureScrapes, type Scrapes } from './scrapes.ts'
import { measureSnapshots, type SnapshotCosts } from './snapshots.ts'

export interface DevicesResult {
  readonly pulls: Pulls
  readonly moved: Moved
  readonly nudges: Latencies
  readonly many: Combined
  readonly long: Combined
  readonly scrapes: Scrapes
  readonly snapshots: SnapshotCosts
}

const MANY = { devices: 1000, buckets: 200, days: 30 }
const LONG = { devices: 20, buckets: 25_000, days: 3 * 365 }

export async function measureDevices(dist: string, rounds: number): Promise<DevicesResult> {
  const pair = await measurePair(rounds)
  const many = await measureCombined(dist, MANY, {
    today: { range: 'today' },
    'all history': { range: 'all' },
  })
  const long = await measureCombined(dist, LONG, {
    'by day, UTC': { range: 'all', by: ['day'], timeZone: 'UTC' },
    'by day, Los Angeles': { range: 'all', by: ['day'], timeZone: 'America/Los_Angeles' },
    'by day, Kathmandu': { range: 'all', by: ['day'], timeZone: 'Asia/Kathmandu' },
  })
  const scrapes = await measureScrapes(dist, LONG)
  const snapshots = await measureDisplays(dist)
  return { ...pair, many, long, scrapes, snapshots }
}

export async function measureDisplays(dist: string): Promise<SnapshotCosts> {
  return measureSnapshots(dist, LONG)
}

/** Two real daemons on loopback, paired. */
async function measurePair(rounds: number) {
  const ends: (() => unknown)[] = []
  try {
    const [reader, giver] = await devices({ teardown: (end) => ends.push(end) }, 2)
    if (reader === undefined || giver === undefined) throw new Error('there are no devices')
    await pairByCode(reader, giver)
    const nudges = await measureNudges(reader, giver)
    const pulls = await measurePulls(reader, giver, rounds)
    const moved = await measureMoved(reader, giver)
    return { nudges, pulls, moved }
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

export function devicesReport({
  pulls,
  moved,
  nudges,
  many,
  long,
  scrapes,
  snapshots,
}: DevicesResult): string {
  const rate = table(
    ['pulls a second, unchanged', 'min', 'median', 'max', 'ours/bare', 'pairwise'],
    [
      ratioRow('tallyd, one after the other', pulls.tallyd.single, pulls.bareNode.single),
      ratioRow('bare Node', pulls.bareNode.single, pulls.bareNode.single),
      ratioRow('tallyd, 16 under way', pulls.tallyd.pipelined, pulls.bareNode.pipelined),
      ratioRow('bare Node', pulls.bareNode.pipelined, pulls.bareNode.pipelined),
    ],
  )
  const bytes = `bytes of a pull, ${moved.buckets} buckets: everything ${moved.wholeBytes}, one changed bucket ${moved.deltaBytes}, nothing ${moved.unchangedBytes}`
  const latency = table(
    ['devices, ms', 'times', 'p50', 'p99', 'max', 'first'],
    [
      [...latencyRow('a call here, seen there', nudges), '-'],
      ...[many, long].flatMap(({ devices: count, buckets, again, bare, first }) =>
        Object.entries(again).flatMap(([name, found]) => [
          [...latencyRow(`${count} devices, ${buckets} buckets: ${name}`, found), first[name]!.toFixed(1)],
          [...latencyRow('the same bytes from a bare Node', bare[name]!), '-'],
        ]),
      ),
    ],
  )
  const memory = [many, long].map(({ devices: count, buckets, resident }) => {
    const each = (bytes: number) => ((bytes - resident.without) / buckets).toFixed(0)
    return `${count} devices, ${buckets} buckets: ${each(resident.asleep)} resident bytes a bucket, ${each(resident.asked)} after the questions`
  })
  return [rate, bytes, latency, ...memory, scrapesReport(scrapes), snapshotsReport(snapshots)].join('\n\n')
}

export function scrapesReport(scrapes: Scrapes): string {
  const { devices: count, buckets, bytes, first, heldAfterFirst, unchanged, unchangedCpu, changed } = scrapes
  const name = `scrape, ${count} devices, ${buckets} buckets`
  const rows = [
    [...latencyRow(`${name}: nothing spent`, unchanged), first.toFixed(1)],
    [...latencyRow(`${name}: after a call`, changed), '-'],
  ]
  const costs = `${bytes} bytes; ${unchangedCpu.toFixed(2)} ms of processor time where nothing was spent; ${Math.round(heldAfterFirst / 1e6)} MB more resident after the first`
  return `${table(['metrics, ms', 'times', 'p50', 'p99', 'max', 'first'], rows)}\n${costs}`
}

export function snapshotsReport({
  devices: count,
  bytes,
  rate,
  unchangedCpu,
  bareCpu,
  displaysShare,
}: SnapshotCosts): string {
  const rows = [
    [
      `snapshots a second, ${count} devices, ${bytes} bytes each`,
      ...[rate.min, rate.median, rate.max].map((value) => value.toFixed(0)),
    ],
  ]
  const costs = `a 304 takes ${unchangedCpu.toFixed(3)} ms of processor time, a bare Node's ${bareCpu.toFixed(3)} (${(unchangedCpu / bareCpu).toFixed(2)} ×); 100 displays once a minute ${(displaysShare * 100).toFixed(3)} % of a core`
  return `${table(['displays', 'min', 'median', 'max'], rows)}\n${costs}`
}
