// Observations on their way to other devices and from them.
import type { WireQuota } from '../../contract/wire.ts'
import { isObservation, type Observation } from './observation.ts'

export function told({
  agent,
  account,
  windowSeconds,
  usedPercent,
  resetAt,
  observedAt,
}: Observation): WireQuota {
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const used = Math.round(usedPercent * 100) / 100
  return [
    agent,
    account,
    windowSeconds,
    used,
    resetAt === null ? null : seconds(resetAt),
    seconds(observedAt),
  ]
}

/**
 * What a device told at `asOf` (Unix milliseconds). Its clock may be ahead: nothing was observed later than it was told, or its word
 * would count as the freshest for as long as the clocks differ.
 */
export function heard(quotas: readonly WireQuota[], asOf: number): Observation[] {
  return quotas
    .map(([agent, account, windowSeconds, usedPercent, resetAt, observedAt]) => ({
      agent,
      account,
      windowSeconds,
      usedPercent,
      resetAt: resetAt === null ? null : resetAt * 1000,
      observedAt: Math.min(observedAt * 1000, asOf),
    }))
    .filter((observed) => isObservation(observed, asOf))
}
