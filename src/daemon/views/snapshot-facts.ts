// Gathers what a snapshot shows: totals of all devices, windows, accounts, and what goes on here.
import type { Quota } from '../../contract/quotas.ts'
import type { Snapshot } from '../../contract/snapshot.ts'
import type { Grouping, SummaryParams } from '../../contract/usage.ts'
import type { DeviceFacts } from '../devices/devices.ts'
import { QUARTER_MS, quarterOf } from '../tallies/quarters.ts'
import type { Aggregate, Aggregator } from './aggregate.ts'
import type { Share } from './question.ts'
import { rangeOf } from './range.ts'
import type { AgentFacts } from './snapshot.ts'
import type { Gathered } from './snapshots.ts'
import { Sum } from './sum.ts'
import { keyOf, namesShown } from './unnamed.ts'
import type { Zone } from './zone.ts'

export interface SnapshotSources {
  readonly version: string
  readonly refreshIntervalSeconds: number
  readonly quotas: () => readonly Quota[]
  /** Whose account an agent is signed in with; null where that is not known. */
  readonly account: (agent: string) => { readonly email: string | null; readonly plan: string | null } | null
  /** What this device's logs say of now. */
  readonly activity: () => Activity
}

export interface Activity {
  readonly activeSessions: number
  /** Of each agent: when its latest call was, in Unix milliseconds. */
  readonly newestAt: ReadonlyMap<string, number>
  /** Agents of which some logs cannot be read. */
  readonly unreadable: ReadonlySet<string>
}

/** More devices than these are not listed one by one; the totals have them all. */
const DEVICES_CAP = 100
/** The same of agents: other devices name their own. */
const AGENTS_CAP = 16

export function gatherSnapshot(
  { version, refreshIntervalSeconds, quotas, account, activity }: SnapshotSources,
  shares: readonly Share[],
  devices: readonly DeviceFacts[],
  aggregator: Aggregator,
  zone: Zone,
  now: number,
): Gathered {
  const ask = (params: SummaryParams, by: readonly Grouping[]) =>
    aggregator.aggregate(shares, {
      by,
      range: rangeOf(params, zone, now),
      zone,
      quarter: quarterOf(now),
      params,
    })
  const today = ask({ range: 'today' }, ['agent', 'device'])
  const month = ask({ range: 'month' }, [])
  const recent = ask({ since: '30d' }, ['agent'])
  const ever = ask({ range: 'all' }, ['agent'])
  const shown = namesShown(devices)
  const windows = quotas()
  const here = activity()
  const agents = new Set([
    ...ever.groups.map(({ labels }) => labels.agent ?? ''),
    ...windows.map(({ agent }) => agent),
  ])
  const agentFacts = [...agents]
    .sort()
    .slice(0, AGENTS_CAP)
    .map((agent): AgentFacts => {
      const own = windows.filter((window) => window.agent === agent)
      const times = [here.newestAt.get(agent) ?? 0, ...own.map(({ observedAt }) => Date.parse(observedAt))]
      const newest = Math.max(...times)
      const { email = null, plan = null } = account(agent) ?? {}
      return {
        agent,
        updatedAt: newest > 0 ? new Date(newest).toISOString() : null,
        todayUSD: costOf(today, 'agent', agent),
        last30DaysUSD: costOf(recent, 'agent', agent),
        windows: own,
        email,
        plan,
        isPartial: here.unreadable.has(agent),
      }
    })
  const midnight = zone.startOf(zone.dayOf(quarterOf(now)) + 1) * QUARTER_MS
  const ends = windows.flatMap(({ usedPercent, resetAt, observedAt, windowSeconds }) =>
    usedPercent === null
      ? []
      : [resetAt === null ? Date.parse(observedAt) + windowSeconds * 1_000 : Date.parse(resetAt)],
  )
  return {
    turnsAt: Math.min(midnight, ...ends),
    facts: {
      version,
      refreshIntervalSeconds,
      timeZone: zone.name,
      agents: agentFacts,
      sessions: { startedToday: today.total.sessions, active: here.activeSessions },
      devices: devices
        .filter(({ self, state }) => self || state === 'paired')
        .slice(0, DEVICES_CAP)
        .map(({ id, name, self, freshness, asOf }) => ({
          name,
          shown: shown.get(keyOf({ id, name, self })) ?? '',
          self,
          freshness,
          // While it is live its numbers are of now: the moment of its last word would make every answer another one.
          asOf: freshness === 'live' ? null : asOf,
          todayUSD: costOf(today, 'device', name),
        })),
      totals: { today: spent(today), month: spent(month), last30Days: spent(recent), all: spent(ever) },
    },
  }
}

/** What all groups with this label cost: 0 where there are none, null where none of them has a price. */
function costOf({ groups }: Aggregate, label: 'agent' | 'device', name: string): number | null {
  const sum = new Sum()
  for (const group of groups) if (group.labels[label] === name) sum.add(group.sum)
  return sum.figures().costUSD
}

function spent({ total, unpriced }: Aggregate): Snapshot['totals']['today'] {
  return {
    costUSD: total.figures().costUSD,
    tokens: total.tokens(),
    calls: total.calls,
    unpricedTokens: unpriced.reduce((sum, group) => sum + group.sum.tokens(), 0),
  }
}
