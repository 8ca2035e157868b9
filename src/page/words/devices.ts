// How a device stands, in words: how fresh its numbers are, what is wrong, and what to do about it.
import type { DeviceRow } from '../../contract/devices.ts'
import { when } from './figures.ts'
import { clean } from './text.ts'

/** `live`, `last seen 2 h ago`, `unpaired; last seen 2026-11-02`. `now` in Unix milliseconds. */
export function freshness({ self, state, freshness, asOf }: DeviceRow, now: number): string {
  if (self) return 'this device'
  const seen = asOf === null ? 'never seen' : `last seen ${when(asOf, now)}`
  if (state !== 'paired') return `${clean(state)}; ${seen}`
  return freshness === 'live' ? 'live' : seen
}

const WAYS: ReadonlyMap<string | null, string> = new Map([
  ['read', 'only its totals come here'],
  ['give', "only this device's totals go there"],
])

/** What only one of the two sees; empty where both see both. */
export function oneWay({ direction }: DeviceRow): string {
  return WAYS.get(direction) ?? ''
}

/** What to do about a device's problem. */
export function nextFor({ name, problem }: DeviceRow): string {
  switch (problem?.code) {
    case undefined:
      return ''
    case 'unreachable':
    case 'noAddress':
      return `if it runs: check the network and its firewall, or run: tallyctl doctor '${clean(name)}'`
    case 'newerVersion':
      return 'update tallyd on this device'
    default:
      return 'unpair it, then pair again: tallyctl pair'
  }
}
