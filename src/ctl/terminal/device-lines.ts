// What is said of devices around a table: whose numbers are missing since when, and who holds the same logs.
import type { Summary } from '../../contract/usage.ts'
import { count, when } from './figures.ts'
import type { Screen } from './screen.ts'
import { clean, padded, width } from './text.ts'

const LONGEST_NAME = 24

/** One line for each device of which something in the range may be missing; `now` in Unix milliseconds. */
export function missingLines({ devices, range }: Summary, now: number, screen: Screen): string[] {
  const until = Math.min(now, Date.parse(range.until))
  const behind = devices.flatMap(({ name, self, state, freshness, asOf }) => {
    if (self || freshness === 'live' || (state ?? 'paired') !== 'paired') return []
    if (asOf === null) return [[clean(name), 'never seen: what it spent is missing']]
    const at = Date.parse(asOf)
    if (at >= until) return []
    return [[clean(name), `last seen ${when(asOf, now)}: ${missing(now - at)}`]]
  })
  const widest = Math.min(LONGEST_NAME, Math.max(8, ...behind.map(([name = '']) => width(name))))
  return behind.map(([name = '', says]) =>
    screen.mark(`${padded(name, widest, 'left')}   ${says}`, 'warning'),
  )
}

function missing(ms: number): string {
  const [minutes, hours, days] = [ms / 60_000, ms / 3_600_000, ms / 86_400_000].map((value) =>
    Math.round(value),
  )
  if (minutes! < 1) return 'its last seconds are missing'
  if (minutes! < 60)
    return minutes === 1 ? 'its last minute is missing' : `its last ${minutes} minutes are missing`
  if (hours! < 48) return hours === 1 ? 'its last hour is missing' : `its last ${hours} hours are missing`
  return `its last ${count(days!)} days are missing`
}

/** `devices      desk (this one), laptop live   studio 2 h ago`; null where there is one device. */
export function devicesLine({ devices }: Summary, now: number): string | null {
  const shown = devices.filter(({ self, state }) => self || (state ?? 'paired') === 'paired')
  if (shown.length < 2) return null
  const called = ({ name, self }: Summary['devices'][number]) =>
    self ? `${clean(name)} (this one)` : clean(name)
  const live = shown.filter(({ self, freshness }) => self || freshness === 'live').map(called)
  const others = shown
    .filter(({ self, freshness }) => !self && freshness !== 'live')
    .map((device) => `${called(device)} ${device.asOf === null ? 'never seen' : when(device.asOf, now)}`)
  const alone = live.length === 1 && shown.find(({ self }) => self) !== undefined
  return ['devices   ', alone ? live[0] : `${live.join(', ')} live`, ...others].join('   ')
}

/** What is counted twice, and what to do about it; nothing where nothing is. */
export function sameLogsLines({ sameLogs = [], devices }: Summary, screen: Screen): string[] {
  return sameLogs.flatMap(({ devices: [one = '', other = ''], buckets }) => {
    const hasSelf = devices.some(({ name, self }) => self && (name === one || name === other))
    const says = `${clean(one)} and ${clean(other)} hold the same logs: ${count(buckets)} buckets are counted twice`
    const end = hasSelf ? 'tallyctl devices forget --help' : 'tallyctl devices merge --help'
    return [
      screen.mark(`twice      ${says}`, 'warning'),
      screen.typed(`leave the folder out on one of them (docs/config.md), or see: ${end}`),
    ]
  })
}
