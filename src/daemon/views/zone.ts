// Local days and hours of any IANA zone, from quarter-hours of UTC. Intl is asked once a week of history, not once a bucket.
import { readlinkSync } from 'node:fs'
import { TallyError } from '../../contract/errors.ts'
import { QUARTER_MS, quarterOf } from '../tallies/quarters.ts'

const QUARTERS_A_DAY = 96
const DAY_MS = 86_400_000
/** Days of all history that a device may tell of are fewer; what a log makes of time is not bounded. */
const DAYS_CAP = 40_000
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
export function systemZone(readLocaltime: () => string | undefined = localtime): string {
  const name = readLocaltime()?.split('/zoneinfo/')[1]
  return name ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

function localtime(): string | undefined {
  try {
    return readlinkSync('/etc/localtime')
  } catch {
    return undefined
  }
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
  /** Per week since 1970: the offset at its beginning and its end; null where they differ. */
  readonly #weeks = new Map<number, number | null>()

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
      if (this.#offsets.size >= DAYS_CAP) {
        this.#offsets.clear()
        this.#weeks.clear()
      }
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
    const begin = this.#atStart(day)
    if (begin === this.#atStart(day + 1)) return begin
    return Int8Array.from({ length: QUARTERS_A_DAY }, (_, i) => this.#ask(first + i))
  }

  /** The offset at the first quarter of a day. No zone changed it and back within a week since 2019: zone.test.ts. */
  #atStart(day: number): number {
    const week = Math.floor(day / 7)
    let offset = this.#weeks.get(week)
    if (offset === undefined) {
      const begin = this.#ask(week * 7 * QUARTERS_A_DAY)
      offset = begin === this.#ask((week + 1) * 7 * QUARTERS_A_DAY) ? begin : null
      this.#weeks.set(week, offset)
    }
    return offset ?? this.#ask(day * QUARTERS_A_DAY)
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

/** A moment in RFC 3339 as clocks in the zone show it; what is no moment stays as it is. */
export function localTime(at: string, zone: Zone): string {
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return at
  const quarter = quarterOf(ms)
  const local = new Date(ms + zone.offsetAt(quarter) * QUARTER_MS).toISOString().slice(0, 19)
  return `${local}${zone.format(quarter).slice(19)}`
}
