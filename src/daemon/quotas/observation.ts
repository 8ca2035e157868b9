// One observation of one window of an account's limit, and how observations of the same window are put together.
import type { Quota } from '../../contract/quotas.ts'
import { WIRE } from '../../contract/wire-bounds.ts'

export interface Observation {
  readonly agent: string
  /** 32 hexadecimal digits; null where the account is not known. */
  readonly account: string | null
  readonly windowSeconds: number
  /** 0 to 100. */
  readonly usedPercent: number
  /** Unix milliseconds; null where it was not told. */
  readonly resetAt: number | null
  /** Unix milliseconds. */
  readonly observedAt: number
}

/** Windows that are kept of all agents and accounts: more than anybody has, and as many as others take. */
export const WINDOWS_CAP = WIRE.quotas
/** In seconds. */
export const LONGEST_WINDOW = WIRE.longestWindow
const [HOUR, DAY] = [3_600, 86_400]
/** Clocks may differ by this much, in milliseconds; what claims to be later still is not believed. */
export const AHEAD_MS = 5 * 60_000

/** What has the same key is the same window of an agent. Agents have told the length of one window as 299 and as 300 minutes. */
export function windowOf({ agent, windowSeconds }: Pick<Observation, 'agent' | 'windowSeconds'>): string {
  const kind = kindOf(windowSeconds)
  return `${agent} ${kind === 'other' ? windowSeconds : kind}`
}

/** The same of one account. */
export function keyOf(observed: Pick<Observation, 'agent' | 'account' | 'windowSeconds'>): string {
  return `${windowOf(observed)} ${observed.account ?? '-'}`
}

/** Of two observations of one window the later one. */
export function fresher<O extends Observation>(one: O | undefined, other: O): O {
  return one === undefined || other.observedAt > one.observedAt ? other : one
}

/** Session limits are of about 5 hours, weekly ones of about 7 days; agents have called both `primary`. */
export function kindOf(windowSeconds: number): Quota['kind'] {
  if (Math.abs(windowSeconds - 5 * HOUR) <= HOUR / 2) return 'session'
  return Math.abs(windowSeconds - 7 * DAY) <= DAY / 2 ? 'weekly' : 'other'
}

export function labelOf(windowSeconds: number): string {
  const kind = kindOf(windowSeconds)
  if (kind === 'weekly') return 'week'
  if (windowSeconds >= 2 * DAY) return `${Math.round(windowSeconds / DAY)} days`
  return windowSeconds >= HOUR
    ? `${Math.round(windowSeconds / HOUR)} h`
    : `${Math.round(windowSeconds / 60)} min`
}

/** When nothing is known of it any more; Unix milliseconds. One that does not tell its reset has one when its length has passed. */
export function endOf({ resetAt, observedAt, windowSeconds }: Observation): number {
  return resetAt ?? observedAt + windowSeconds * 1_000
}

/** Whether it is worth being shown at `now`: for as long again as the window is, and a day, it is said that it was reset. */
export function isWorthKnowing(observed: Observation, now: number): boolean {
  return now < endOf(observed) + Math.max(DAY, observed.windowSeconds) * 1_000
}

/** As it is shown at `now` (Unix milliseconds). Once a window was reset nobody knows what was used of it since. */
export function quotaOf(observed: Observation, device: string, now: number): Quota {
  const { agent, account, windowSeconds, usedPercent, resetAt, observedAt } = observed
  const isOver = now >= endOf(observed)
  return {
    agent,
    account,
    kind: kindOf(windowSeconds),
    label: labelOf(windowSeconds),
    windowSeconds,
    usedPercent: isOver ? null : usedPercent,
    resetAt: isOver || resetAt === null ? null : new Date(resetAt).toISOString(),
    observedAt: new Date(observedAt).toISOString(),
    device,
  }
}

/** Whether this came from a disk or a log and is one; `now` in Unix milliseconds: what claims to be later is not kept. */
export function isObservation(value: unknown, now: number): value is Observation {
  if (typeof value !== 'object' || value === null) return false
  const { agent, account, windowSeconds, usedPercent, resetAt, observedAt } = value as Record<string, unknown>
  return (
    typeof agent === 'string' &&
    /^[a-z][a-z0-9-]{0,31}$/.test(agent) &&
    (account === null || (typeof account === 'string' && /^[0-9a-f]{32}$/.test(account))) &&
    isBetween(windowSeconds, 60, LONGEST_WINDOW) &&
    Number.isInteger(windowSeconds) &&
    isBetween(usedPercent, 0, 100) &&
    isBetween(observedAt, Date.UTC(2020, 0, 1), now + AHEAD_MS) &&
    (resetAt === null ||
      isBetween(resetAt, observedAt as number, (observedAt as number) + 2 * LONGEST_WINDOW * 1_000))
  )
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
