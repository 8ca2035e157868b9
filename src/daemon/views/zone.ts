// Local days and hours of any IANA zone, from quarter-hours of UTC. Intl is asked once a day of history, not once a bucket.
import { TallyError } from '../../contract/errors.ts'
import { QUARTER_MS } from '../tallies/quarters.ts'

const QUARTERS_A_DAY = 96
const DAY_MS = 86_400_000
/** Zones kept, with the offsets that they were asked for. */
const ZONES_CAP = 8

const zones = new Map<string, Zone>()

/** The zone of that IANA name. Throws TallyError unknownTimeZone. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name)
  if (known !== undefined) return known
  const zone = new Zone(name)
  if (zones.size >= ZONES_CAP) zones.delete(zones.keys().next().value!)
  zones.set(name, zone)
  return zone
}

/** The system's zone now: a laptop that travels changes it while the daemon runs. */
export function systemZone(readLocaltime: () => string | undefined): string {
  const name = readLocaltime()?.split('/zoneinfo/')[1]
  return name ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Needs no tables: Intl costs the process 5 MB when it is first asked. */
const UTC_NAMES = new Set([
  'UTC',
  'Etc/UTC',
  'Etc/UCT',
  'Etc/Universal',
  'Etc/Zulu',
  'UCT',
  'Universal',
  'Zulu',
])

export class Zone {
  readonly name: string
  /** Null for UTC. */
  readonly #format: Intl.DateTimeFormat | null
  /** Per UTC day: one offset in quarters, or one for each of its quarters where it changed. */
  readonly #offsets = new Map<number, number | Int8Array>()

  constructor(name: string) {
    this.name = name
    this.#format = UTC_NAMES.has(name) ? null : formatOf(name)
  }

  /** Quarters that local time is ahead of UTC during that quarter-hour. */
  offsetAt(quarter: number): number {
    if (this.#format === null) return 0
    const day = Math.floor(quarter / QUARTERS_A_DAY)
    let offsets = this.#offsets.get(day)
    if (offsets === undefined) {
      offsets = this.#readDay(day)
      this.#offsets.set(day, offsets)
    }
    return typeof offsets === 'number' ? offsets : offsets[quarter - day * QUARTERS_A_DAY]!
  }

  /** Local day, counted from 1970-01-01, that the quarter-hour belongs to. */
  dayOf(quarter: number): number {
    return Math.floor((quarter + this.offsetAt(quarter)) / QUARTERS_A_DAY)
  }

  /** First quarter of the local hour that the quarter-hour belongs to; hours that are repeated in autumn stay two. */
  hourOf(quarter: number): number {
    const local = quarter + this.offsetAt(quarter)
    return quarter - (((local % 4) + 4) % 4)
  }

  /** First quarter-hour of a local day. A day that a zone skipped begins where the next one does. */
  startOf(day: number): number {
    let low = (day - 2) * QUARTERS_A_DAY
    let high = (day + 2) * QUARTERS_A_DAY
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.dayOf(middle) < day) low = middle + 1
      else high = middle
    }
    return low
  }

  /** RFC 3339 with the zone's offset, e.g. 2026-11-01T01:00:00-07:00. */
  format(quarter: number): string {
    const offset = this.offsetAt(quarter) * 15
    const local = new Date(quarter * QUARTER_MS + offset * 60_000).toISOString().slice(0, 19)
    if (this.#format === null) return `${local}Z`
    const minutes = Math.abs(offset)
    const two = (n: number) => String(n).padStart(2, '0')
    return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
  }

  #readDay(day: number): number | Int8Array {
    const first = day * QUARTERS_A_DAY
    const begin = this.#ask(first)
    if (begin === this.#ask(first + QUARTERS_A_DAY)) return begin
    return Int8Array.from({ length: QUARTERS_A_DAY }, (_, i) => this.#ask(first + i))
  }

  #ask(quarter: number): number {
    const ms = quarter * QUARTER_MS
    const parts: Record<string, number> = {}
    for (const { type, value } of this.#format!.formatToParts(ms)) parts[type] = Number(value)
    const local = Date.UTC(
      parts['year']!,
      parts['month']! - 1,
      parts['day']!,
      parts['hour']!,
      parts['minute']!,
    )
    return Math.round((local - ms) / QUARTER_MS)
  }
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
  } catch {
    throw new TallyError('unknownTimeZone', JSON.stringify(name.slice(0, 64)))
  }
}

/** `YYYY-MM-DD` of a local day counted from 1970-01-01. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}
