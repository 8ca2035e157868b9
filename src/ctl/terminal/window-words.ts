// Windows of accounts as people read them: `5 h 63 %, resets 17:30`. Written by hand because Intl takes 9 ms to load.
import type { Quota } from '../../contract/quotas.ts'
import { clean } from './text.ts'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
/** A reset further away than this is told by its day, in milliseconds; one further still by its date. */
const [SOON_MS, WEEK_MS] = [20 * 3_600_000, 6 * 86_400_000]

/** `17:30`, `Mon`, `2026-12-01`, in this machine's zone; `at` is RFC 3339, `now` Unix milliseconds. */
export function resetWords(at: string, now: number): string {
  const then = new Date(at)
  const left = then.getTime() - now
  if (Number.isNaN(left)) return '–'
  const two = (value: number) => String(value).padStart(2, '0')
  if (left < SOON_MS) return `${two(then.getHours())}:${two(then.getMinutes())}`
  if (left < WEEK_MS) return DAYS[then.getDay()] ?? ''
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`
}

/** `63 %`, `unknown`. Rounded down: what is not used up is not 100 %. */
export function usedWords({ usedPercent }: Pick<Quota, 'usedPercent'>): string {
  return usedPercent === null ? 'unknown' : `${Math.floor(usedPercent)} %`
}

/** `5 h 63 %, resets 17:30`; of one that was reset since: `5 h unknown since its reset`. */
export function windowWords(quota: Pick<Quota, 'label' | 'usedPercent' | 'resetAt'>, now: number): string {
  const { label, usedPercent, resetAt } = quota
  if (usedPercent === null) return `${clean(label)} unknown since its reset`
  const reset = resetAt === null ? '' : `, resets ${resetWords(resetAt, now)}`
  return `${clean(label)} ${usedWords(quota)}${reset}`
}
