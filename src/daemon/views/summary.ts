// Answers usage.summary from the totals of the devices: the groups get their names, the rows their order, the range its
// dates.
import type { Display } from '../../contract/money.ts'
import type { Grouping, Row, Summary } from '../../contract/usage.ts'
import type { Aggregate, Aggregator, Group } from './aggregate.ts'
import type { Question, Share } from './question.ts'
import type { SameLogsFound } from './same-logs.ts'
import { toolRows } from './tool-summary.ts'
import { dateOf } from './zone.ts'

/** The very same object as long as nothing changed. Throws TallyError invalidParams for a grouping that does not go with `tool`. */
export function summarise(
  shares: readonly Share[],
  aggregator: Aggregator,
  question: Question,
  sameLogs: SameLogsFound = [],
  display?: Display,
): Summary {
  const { by, zone } = question
  const base = {
    range: { ...printedRange(shares, question), timeZone: zone.name },
    by: [...by],
    devices: devicesOf(shares),
    ...(sameLogs.length === 0 ? {} : { sameLogs }),
    ...(display === undefined ? {} : { display }),
  }
  if (by.includes('tool')) return { ...base, ...toolRows(shares, question), unpriced: [] }
  const aggregate = aggregator.aggregate(shares, question)
  const before = answered.get(aggregate)
  if (before !== undefined && isSameBase(before, base)) return before
  const { groups, total, unpriced } = aggregate
  const summary = {
    ...base,
    // Without a grouping there is nothing to list but the total.
    rows: by.length === 0 ? [] : rowsOf(groups, question),
    total: total.figures(),
    unpriced: unpricedOf(unpriced),
  }
  answered.set(aggregate, summary)
  return summary
}

/** What was answered last from these sums; not to be changed by anybody. */
const answered = new WeakMap<Aggregate, Summary>()

/** Whether two answers are the same but for what their sums are. */
function isSameBase(one: Summary, other: Pick<Summary, 'range' | 'devices' | 'sameLogs'>): boolean {
  return (
    one.range.since === other.range.since &&
    one.range.until === other.range.until &&
    isSameList(one.devices, other.devices) &&
    JSON.stringify(one.sameLogs) === JSON.stringify(other.sameLogs)
  )
}

function isSameList(one: Summary['devices'], other: Summary['devices']): boolean {
  if (one === other) return true
  return one.length === other.length && one.every((device, at) => device === other[at])
}

const printed = new WeakMap<Share['device'], Summary['devices'][number]>()
const listed = new WeakMap<readonly Share[], Summary['devices']>()

/** What is printed of the devices is made once as long as nothing changes. */
function devicesOf(shares: readonly Share[]): Summary['devices'] {
  let devices = listed.get(shares)
  if (devices === undefined) {
    devices = listOf(shares)
    listed.set(shares, devices)
  }
  return devices
}

/** A device has as many shares as histories were merged into it. */
function listOf(shares: readonly Share[]): Summary['devices'] {
  const devices: Summary['devices'] = []
  const names = new Set<string>()
  for (const { device } of shares) {
    if (names.has(device.name)) continue
    names.add(device.name)
    let row = printed.get(device)
    if (row === undefined) {
      const { id, name, self, freshness, asOf, state } = device
      row = { id, name, self, freshness, asOf, ...(state === undefined ? {} : { state }) }
      printed.set(device, row)
    }
    devices.push(row)
  }
  return devices
}

/** Rows in time where they are by time, else the costliest first. */
function rowsOf(groups: readonly Group[], question: Question): Row[] {
  const sorted = groups.toSorted(
    (x, y) => x.time - y.time || y.sum.costUSD - x.sum.costUSD || y.sum.tokens() - x.sum.tokens(),
  )
  return sorted.map((group) => {
    const row: Partial<Record<Grouping, string>> = {}
    for (const name of question.by) row[name] = labelOf(name, group, question)
    return Object.assign(row, group.sum.figures()) as Row
  })
}

function labelOf(name: Grouping, { time, labels }: Group, { by, zone }: Question): string {
  if (name === 'day') return dateOf(by.includes('hour') ? zone.dayOf(time) : time)
  if (name === 'hour') return zone.format(time)
  return labels[name] ?? ''
}

function unpricedOf(groups: readonly Group[]): Summary['unpriced'] {
  return groups
    .map(({ labels, sum }) => ({
      agent: labels.agent ?? '',
      model: labels.model ?? '',
      calls: sum.calls,
      tokens: sum.tokens(),
    }))
    .sort((x, y) => y.tokens - x.tokens)
}

/** An open end is printed as where history begins, or as the end of this quarter-hour or of what is later still. */
function printedRange(
  shares: readonly Share[],
  { range, zone, quarter: now }: Question,
): { since: string | null; until: string } {
  let { since, until } = range
  if (since === null || until === null) {
    let [first, last] = [Number.POSITIVE_INFINITY, now + 1]
    for (const { totals } of shares) {
      const { span } = totals.buckets
      if (span === null) continue
      first = Math.min(first, span.first)
      last = Math.max(last, span.last + 1)
    }
    if (since === null && Number.isFinite(first)) since = first
    until ??= last
  }
  return { since: since === null ? null : zone.format(since), until: zone.format(until) }
}
