// Answers devices.list: each device with what it spent today, this month and ever.
import type { Spent } from '../../contract/devices.ts'
import type { Result } from '../../contract/methods.ts'
import type { RangeName } from '../../contract/usage.ts'
import { type DeviceFacts, NOTHING } from '../devices/devices.ts'
import { quarterOf } from '../tallies/quarters.ts'
import type { Aggregator } from './aggregate.ts'
import type { Share } from './question.ts'
import { rangeOf } from './range.ts'
import type { Sum } from './sum.ts'
import type { Zone } from './zone.ts'

const SPANS = ['today', 'month', 'all'] as const satisfies readonly RangeName[]

type Spans = Readonly<Record<(typeof SPANS)[number], Spent>>

/** Devices in their order, and the total of all shares. */
export function deviceRows(
  devices: readonly DeviceFacts[],
  shares: readonly Share[],
  aggregator: Aggregator,
  zone: Zone,
  now: number,
): Result<'devices.list'> {
  const spent = new Map<string, Partial<Record<(typeof SPANS)[number], Spent>>>()
  const total: Partial<Record<(typeof SPANS)[number], Spent>> = {}
  for (const span of SPANS) {
    const params = { range: span, by: ['device' as const] }
    const question = {
      by: params.by,
      range: rangeOf(params, zone, now),
      zone,
      quarter: quarterOf(now),
      params,
    }
    const found = aggregator.aggregate(shares, question)
    total[span] = spentOf(found.total)
    for (const { labels, sum } of found.groups) {
      const name = labels.device ?? ''
      spent.set(name, { ...spent.get(name), [span]: spentOf(sum) })
    }
  }
  return {
    devices: devices.map((facts) => ({ ...facts, ...complete(spent.get(facts.name) ?? {}) })),
    total: complete(total),
  }
}

function complete(spans: Partial<Spans>): Spans {
  return { today: spans.today ?? NOTHING, month: spans.month ?? NOTHING, all: spans.all ?? NOTHING }
}

function spentOf(sum: Sum): Spent {
  return { calls: sum.calls, tokens: sum.tokens(), costUSD: sum.figures().costUSD }
}
