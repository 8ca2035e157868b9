// Answers views.glance: three totals, the day by the hour, the devices, and what waits. It is computed for every status bar
// once, and again whenever something changed.
import type { Spent } from '../../contract/devices.ts'
import type { Glance } from '../../contract/glance.ts'
import { printable } from '../../contract/printable.ts'
import type { Quota } from '../../contract/quotas.ts'
import type { Request } from '../../contract/requests.ts'
import type { RangeName } from '../../contract/usage.ts'
import type { DeviceFacts } from '../devices/devices.ts'
import { quarterOf } from '../tallies/quarters.ts'
import type { Aggregate, Aggregator } from './aggregate.ts'
import type { Share } from './question.ts'
import { rangeOf } from './range.ts'
import { Sum } from './sum.ts'
import { dateOf, localTime, type Zone } from './zone.ts'

/** Quarters of an hour. */
const HOUR = 4
/** The longest day: 24 hours, and the one that is repeated in autumn. */
const HOURS_CAP = 26

/** What a glance shows besides totals. */
export interface Around {
  /** Whether the first index is done. */
  readonly ready: boolean
  readonly requests: readonly Request[]
  /** Absent where the config has none. */
  readonly budgets?: NonNullable<Glance['budgets']>
}

export interface GlanceContext {
  readonly devices: readonly DeviceFacts[]
  readonly shares: readonly Share[]
  readonly quotas: readonly Quota[]
  readonly aggregator: Aggregator
  readonly zone: Zone
  /** Unix milliseconds. */
  readonly now: number
}

export function glanceOf(context: GlanceContext, around: Around): Glance {
  const { devices, quotas, zone, now } = context
  const quarter = quarterOf(now)
  const day = zone.dayOf(quarter)
  const today = asked(context, 'today', ['hour', 'device'])
  // The same questions as those of devices.list, whose sums are kept.
  const [month, all] = [asked(context, 'month', ['device']), asked(context, 'all', ['device'])]
  const spent = spentByDevice(today)
  return {
    day: dateOf(day),
    timeZone: zone.name,
    until: zone.format(zone.startOf(day + 1)),
    ready: around.ready,
    today: spentOf(today.total),
    month: spentOf(month.total),
    all: spentOf(all.total),
    hours: hoursOf(today, zone.startOf(day)),
    devices: devices
      .filter(({ self, state }) => self || state === 'paired')
      .map(({ name, self, freshness, asOf }) => ({
        name: printable(name, ''),
        self,
        freshness,
        // While it is live its numbers are of now, and the moment of its last word would only make noise.
        asOf: asOf === null || freshness === 'live' ? null : localTime(asOf, zone),
        today: spentOf(spent.get(name) ?? new Sum()),
      })),
    windows: quotas.map(({ agent, label, usedPercent, resetAt }) => ({ agent, label, usedPercent, resetAt })),
    ...(around.budgets === undefined ? {} : { budgets: around.budgets }),
    waiting: around.requests.map(waitingOf),
    unpriced: all.unpriced.length,
  }
}

function asked(
  { shares, aggregator, zone, now }: GlanceContext,
  range: RangeName,
  by: ('hour' | 'device')[],
): Aggregate {
  const params = { range, by }
  const question = { by, range: rangeOf(params, zone, now), zone, quarter: quarterOf(now), params }
  return aggregator.aggregate(shares, question)
}

function spentByDevice({ groups }: Aggregate): Map<string, Sum> {
  const spent = new Map<string, Sum>()
  for (const { labels, sum } of groups) {
    const name = labels.device ?? ''
    const all = spent.get(name) ?? new Sum()
    all.add(sum)
    spent.set(name, all)
  }
  return spent
}

/** Dollars of each hour since `start`, the day's first quarter-hour. A group's time is the first quarter of its hour. */
function hoursOf({ groups }: Aggregate, start: number): number[] {
  const hours: Sum[] = []
  for (const { time, sum } of groups) {
    const at = Math.floor((time - start) / HOUR)
    if (at < 0 || at >= HOURS_CAP) continue
    while (hours.length <= at) hours.push(new Sum())
    hours[at]!.add(sum)
  }
  return hours.map((sum) => sum.figures().costUSD ?? 0)
}

function spentOf(sum: Sum): Spent {
  return { calls: sum.calls, tokens: sum.tokens(), costUSD: sum.figures().costUSD }
}

/** Neither the digits of a comparison nor the code of an enrolment: bars are on screens that others see. */
function waitingOf(request: Request): Glance['waiting'][number] {
  const { id, kind, from } = request
  const name = printable(from.name, '').trim()
  const who = name === '' ? `somebody at ${printable(from.address, '')}` : name
  if (request.kind === 'pairing') {
    return { id, kind, says: request.ours ? `compare the number with ${who}` : `${who} wants to pair` }
  }
  if (request.kind === 'transfer') return { id, kind, says: `${who} wants to send something` }
  return { id, kind, says: `claims to be ${who}, wants ${request.scopes.join(', ')}` }
}
