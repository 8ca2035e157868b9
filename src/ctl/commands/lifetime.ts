// How long a token lives, as people type it: 90m, 12h, 30d, 2y.
import { TallyError } from '../../contract/errors.ts'

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400, y: 365 * 86_400 }
/** Ten years, as the daemon has it. */
const LONGEST = 315_360_000

/** Seconds, from a minute to ten years. Throws TallyError wrongUsage that names the flag and the value. */
export function readLifetime(text: string, flag: string): number {
  const [, amount, unit] = /^(\d{1,9})([mhdy])$/.exec(text) ?? []
  const seconds = Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN)
  if (seconds >= 60 && seconds <= LONGEST) return seconds
  throw new TallyError(
    'wrongUsage',
    `${flag} is ${text}, which is no time from 1m to 10y`,
    'use for example 90m, 12h, 30d or 1y',
  )
}
