// How fresh a device's numbers are, and what is missing of them because of it; the same words as tallyctl's.
import type { Summary } from '../../contract/usage.ts'
import { counted, when } from './figures.ts'
import { clean } from './text.ts'

type Seen = Pick<Summary['devices'][number], 'self' | 'freshness' | 'asOf' | 'state'>

/** `this device`, `live`, `2 h ago: its last 2 hours are missing`; `isBehind` where something may be missing. */
export function seen(device: Seen, now: number): { readonly says: string; readonly isBehind: boolean } {
  const { self, freshness, asOf, state = 'paired' } = device
  if (self) return { says: 'this device', isBehind: false }
  const last = asOf === null ? 'never seen' : when(asOf, now)
  if (state !== 'paired') return { says: `${clean(state)}, last seen ${last}`, isBehind: false }
  if (freshness === 'live') return { says: 'live', isBehind: false }
  if (asOf === null) return { says: 'never seen: what it spent is missing', isBehind: true }
  return { says: `${last}: ${missing(now - Date.parse(asOf))}`, isBehind: true }
}

function missing(ms: number): string {
  const [minutes, hours, days] = [60_000, 3_600_000, 86_400_000].map((unit) => Math.round(ms / unit))
  if (minutes! < 1) return 'its last seconds are missing'
  if (minutes! < 60) return last(minutes!, 'minute')
  return hours! < 48 ? last(hours!, 'hour') : last(days!, 'day')
}

function last(count: number, unit: string): string {
  return count === 1 ? `its last ${unit} is missing` : `its last ${counted(count, unit)} are missing`
}
