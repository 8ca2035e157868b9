// Windows of accounts in words; the same as tallyctl's.
import type { Quota } from '../../contract/quotas.ts'
import { moment, when } from './figures.ts'

/** `63 %`, `unknown`. Rounded down: what is not used up is not 100 %. */
export function usedSays({ usedPercent }: Pick<Quota, 'usedPercent'>): string {
  return usedPercent === null ? 'unknown' : `${Math.floor(usedPercent)} %`
}

/** `resets 2026-11-27 17:30, seen 2 min ago`; what was reset since is not known any more. */
export function resetSays(
  { usedPercent, resetAt, observedAt }: Pick<Quota, 'usedPercent' | 'resetAt' | 'observedAt'>,
  now: number,
): string {
  const seen = `seen ${when(observedAt, now)}`
  if (usedPercent === null) return `reset since it was ${seen}`
  return resetAt === null ? seen : `resets ${moment(resetAt)}, ${seen}`
}
