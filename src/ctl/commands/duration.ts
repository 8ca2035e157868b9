// Durations as people type them: 500ms, 60s, 5m, 2h; and lifetimes: 12h, 30d.
import { TallyError } from '../../contract/errors.ts'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

// A timer of more than 2^31 - 1 ms fires after 1 ms, so that what is too long must not reach one.
const LONGEST_MS = 24 * 3_600_000

/** Milliseconds, from 1 to 24 h. Throws TallyError `wrongUsage` that names the flag and the value. */
export function readDuration(text: string, flag: string): number {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS_MS[unit ?? ''] ?? Number.NaN)
  if (ms >= 1 && ms <= LONGEST_MS) return ms
  throw new TallyError(
    'wrongUsage',
    `${flag} is ${text === '' ? 'empty' : `${text}, which is no duration up to 24h`}`,
    'use for example 500ms, 60s, 5m or 2h',
  )
}

const LIFETIME_UNITS_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const SHORTEST_LIFE_S = 60
const LONGEST_LIFE_S = 3_650 * 86_400

/** Seconds, from a minute to 3650 days. Throws TallyError `wrongUsage` that names the flag and the value. */
export function readLifetime(text: string, flag: string): number {
  const [, amount, unit] = /^(\d{1,9})(s|m|h|d)$/.exec(text) ?? []
  const seconds = Number(amount) * (LIFETIME_UNITS_S[unit ?? ''] ?? Number.NaN)
  if (seconds >= SHORTEST_LIFE_S && seconds <= LONGEST_LIFE_S) return seconds
  throw new TallyError(
    'wrongUsage',
    `${flag} is ${text === '' ? 'empty' : `${text}, which is no duration from 1m to 3650d`}`,
    'use for example 12h or 30d',
  )
}
