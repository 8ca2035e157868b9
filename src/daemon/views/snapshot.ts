// The snapshot for displays, built from an allow-list: what is not named here is not in it. Pure; what changes with every answer (when it
// was made, when to ask again) is added by snapshots.ts, so that two answers that mean the same are the same.
import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { Display } from '../../contract/money.ts'
import type { Quota } from '../../contract/quotas.ts'
import type { MiniSnapshot, Snapshot } from '../../contract/snapshot.ts'
import type { Summary } from '../../contract/usage.ts'
import { identityShown } from './identity-shown.ts'

type Provider = Snapshot['providers'][number]

/** Everything that may be shown, of everybody. Money in US dollars, null where nothing has a price; times RFC 3339. */
export interface SnapshotFacts {
  /** The config's currency; absent where it names none. */
  readonly display?: Display
  readonly version: string
  readonly refreshIntervalSeconds: number
  readonly timeZone: string
  readonly agents: readonly AgentFacts[]
  readonly sessions: Snapshot['sessions']
  readonly devices: readonly (Pick<Summary['devices'][number], 'name' | 'self' | 'freshness' | 'asOf'> & {
    /** What it is called below `full`. */
    readonly shown: string
    readonly todayUSD: number | null
  })[]
  readonly totals: Snapshot['totals']
}

export interface AgentFacts {
  readonly agent: string
  readonly updatedAt: string | null
  readonly todayUSD: number | null
  readonly last30DaysUSD: number | null
  readonly windows: readonly Quota[]
  readonly email: string | null
  readonly plan: string | null
  /** Whether some of its logs cannot be read. */
  readonly isPartial: boolean
}

/** What means something: two of them that are equal are the same snapshot. */
export type SnapshotMeaning = Omit<Snapshot, 'generatedAt' | 'nextPollSeconds'>

/** As displays of CodexBar call the agents, with the colours that they are shown in. */
const KNOWN: Readonly<
  Record<string, { readonly id: string; readonly name: string; readonly color: string }>
> = {
  'claude-code': { id: 'claude', name: 'Claude', color: '#CC7C5E' },
  codex: { id: 'codex', name: 'Codex', color: '#49A3B0' },
}
const OTHER_COLOR = '#8A8F98'
/** Displays take an answer for stale after so many of their rounds, and never before 3 minutes. */
const [ROUNDS, LEAST_STALE_SECONDS] = [3, 180]

export function snapshotOf(facts: SnapshotFacts, identity: IdentityMode): SnapshotMeaning {
  const { refreshIntervalSeconds, version, timeZone, sessions, totals } = facts
  return {
    ...(facts.display === undefined
      ? {}
      : { display: { currency: facts.display.currency, perUSD: facts.display.perUSD } }),
    schemaVersion: 1,
    staleAfterSeconds: staleAfter(refreshIntervalSeconds),
    host: {
      codexBarVersion: version,
      refreshIntervalSeconds,
      usageBarsShowUsed: true,
      service: 'tallyd',
      timeZone,
    },
    providers: facts.agents.map((agent, sortKey) => providerOf(agent, sortKey, identity)),
    sessions: { startedToday: sessions.startedToday, active: sessions.active },
    devices: facts.devices.map(({ name, shown, self, freshness, asOf, todayUSD }) => ({
      name: identity === 'full' ? name : shown,
      self,
      freshness,
      asOf,
      todayUSD,
    })),
    totals,
  }
}

function providerOf(facts: AgentFacts, sortKey: number, identity: IdentityMode): Provider {
  const { agent, updatedAt, todayUSD, last30DaysUSD, windows, email, plan, isPartial } = facts
  const known = Object.hasOwn(KNOWN, agent) ? KNOWN[agent] : undefined
  return {
    id: known?.id ?? agent,
    name: known?.name ?? agent,
    agent,
    enabled: true,
    source: 'logs',
    updatedAt,
    status: null,
    identity: identityShown({ email, plan }, identity),
    windows: windows.map(windowOf),
    credits: null,
    cost: { todayUSD, last30DaysUSD },
    display: { accentColor: known?.color ?? OTHER_COLOR, sortKey, priority: 'normal' },
    error: isPartial ? 'some logs cannot be read' : null,
  }
}

function windowOf(quota: Quota): Provider['windows'][number] {
  const { kind, label, usedPercent, resetAt, windowSeconds, observedAt } = quota
  const used = usedPercent ?? 0
  return {
    kind,
    label: kind === 'session' ? 'Session' : kind === 'weekly' ? 'Weekly' : label,
    usedPercent: used,
    remainingPercent: Math.round((100 - used) * 100) / 100,
    resetAt,
    windowSeconds,
    usageKnown: usedPercent !== null,
    observedAt,
  }
}

/** So many windows are in the mini view: with them it stays under 1 kB, whatever they hold. */
const MINI_WINDOWS = 6

/** Flat, with epoch seconds, for whoever has no room for more. No names but those of agents that we know ourselves. */
export function miniOf({
  display,
  refreshIntervalSeconds,
  agents,
  sessions,
  devices,
  totals,
}: SnapshotFacts): MiniSnapshot {
  const mini: MiniSnapshot = {
    schemaVersion: 1,
    staleAfterSeconds: staleAfter(refreshIntervalSeconds),
    todayUSD: cents(totals.today.costUSD),
    monthUSD: cents(totals.month.costUSD),
    last30DaysUSD: cents(totals.last30Days.costUSD),
    todayTokens: totals.today.tokens,
    todayCalls: totals.today.calls,
    sessionsToday: sessions.startedToday,
    sessionsActive: sessions.active,
    devices: devices.length,
    devicesLive: devices.filter(({ freshness }) => freshness === 'live').length,
    ...(display === undefined ? {} : { currency: display.currency, perUSD: display.perUSD }),
  }
  let left = MINI_WINDOWS
  for (const { agent, windows } of agents) {
    const known = Object.hasOwn(KNOWN, agent) ? KNOWN[agent] : undefined
    // Of several accounts there is room for the one that was seen last.
    for (const { kind, usedPercent, resetAt } of freshestOfKinds(windows)) {
      const key = `${known?.id}_${kind}`
      if (known === undefined || left === 0) continue
      mini[`${key}_used`] = usedPercent === null ? null : Math.round(usedPercent * 10) / 10
      mini[`${key}_reset`] = resetAt === null ? null : Math.floor(Date.parse(resetAt) / 1000)
      left--
    }
  }
  return mini
}

function freshestOfKinds(windows: readonly Quota[]): Quota[] {
  const found = new Map<Quota['kind'], Quota>()
  for (const window of windows) {
    const before = found.get(window.kind)
    if (before === undefined || window.observedAt > before.observedAt) found.set(window.kind, window)
  }
  return [...found.values()]
}

function staleAfter(refreshIntervalSeconds: number): number {
  return Math.max(LEAST_STALE_SECONDS, ROUNDS * refreshIntervalSeconds)
}

function cents(dollars: number | null): number | null {
  return dollars === null ? null : Math.round(dollars * 100) / 100
}
