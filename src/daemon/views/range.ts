// From what was asked (`week`, `7d`, dates, times) to the quarter-hours that are meant, in the asker's zone.
import { TallyError } from '../../contract/errors.ts'
import type { RangeName, SummaryParams } from '../../contract/usage.ts'
import { quarterOf } from '../tallies/quarters.ts'
import type { Zone } from './zone.ts'

/** Quarter-hours from `since` up to, not including, `until`; null is open. */
export interface Range {
  readonly since: number | null
  readonly until: number | null
}

const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/
const DAYS_BACK = /^([1-9]\d{0,4})d$/

/**
 * The range of `params` at `now` (Unix ms). A date as `until` includes that day; times are rounded outwards to
 * quarter-hours, the grain of history. Throws TallyError invalidRange.
 */
export function rangeOf(params: SummaryParams, zone: Zone, now: number): Range {
  const today = zone.dayOf(quarterOf(now))
  const { since, until } = params
  const named = params.range ?? (since === undefined && until === undefined ? 'today' : 'all')
  const range = namedRange(named, zone, today)
  const asked = {
    since: since === undefined ? range.since : sinceOf(since, zone, today),
    until: until === undefined ? range.until : untilOf(until, zone, today),
  }
  if (asked.since !== null && asked.until !== null && asked.since >= asked.until) {
    throw new TallyError('invalidRange', `it ends (${until ?? named}) before it begins (${since ?? named})`)
  }
  return asked
}

function namedRange(name: RangeName, zone: Zone, today: number): Range {
  if (name === 'all') return { since: null, until: null }
  const until = zone.startOf(today + 1)
  if (name === 'today') return { since: zone.startOf(today), until }
  if (name === 'week') return { since: zone.startOf(today - weekday(today)), until }
  return { since: zone.startOf(today - new Date(today * 86_400_000).getUTCDate() + 1), until }
}

/** Days since Monday; 1970-01-01 was a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7
}

function sinceOf(text: string, zone: Zone, today: number): number {
  const back = DAYS_BACK.exec(text)
  if (back !== null) return zone.startOf(today - Number(back[1]) + 1)
  const day = dayOf(text)
  return day === null ? quarterOf(instantOf(text)) : zone.startOf(day)
}

function untilOf(text: string, zone: Zone, today: number): number {
  const back = DAYS_BACK.exec(text)
  if (back !== null) return zone.startOf(today - Number(back[1]) + 1)
  const day = dayOf(text)
  return day === null ? quarterOf(instantOf(text) + 899_999) : zone.startOf(day + 1)
}

function dayOf(text: string): number | null {
  if (!DATE.test(text)) return null
  const ms = midnightOf(text)
  if (ms === null) throw unreadable(text)
  return ms / 86_400_000
}

/** Unix ms of a date's midnight in UTC; null for the 30th of February, which Date.parse takes for the 2nd of March. */
function midnightOf(date: string): number | null {
  const ms = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? null : ms
}

function instantOf(text: string): number {
  const exists = TIME.test(text) && midnightOf(text.slice(0, 10)) !== null
  const ms = exists ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(ms)) throw unreadable(text)
  return ms
}

function unreadable(text: string): TallyError {
  return new TallyError('invalidRange', JSON.stringify(text))
}
