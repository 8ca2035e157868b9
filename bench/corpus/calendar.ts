// When people work: start times inside the corpus' range, and which day a moment is in each zone.
import type { Random } from './random.ts'

export const ZONES = ['UTC', 'America/Los_Angeles', 'Asia/Tokyo'] as const
export type Zone = (typeof ZONES)[number]

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
const QUARTER = 15 * MINUTE

/** RFC 3339 in UTC of a moment in ms. */
export const iso = (at: number): string => new Date(at).toISOString()

const formats = new Map(
  ZONES.map((zone) => [
    zone,
    new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }),
  ]),
)
const days = new Map<string, string>()

/** The day YYYY-MM-DD of a moment (ms since 1970) in a zone; every zone's midnight is a quarter-hour of UTC. */
export function dayIn(zone: Zone, at: number): string {
  if (zone === 'UTC') return new Date(at).toISOString().slice(0, 10)
  const key = zone + Math.floor(at / QUARTER)
  let day = days.get(key)
  if (day === undefined) {
    day = formats.get(zone)!.format(at)
    days.set(key, day)
  }
  return day
}

export class Calendar {
  readonly #random: Random
  readonly #dayCount: number
  readonly #lastMidnight: number
  /** Nothing happens at or after this moment (ms). */
  readonly end: number
  /** UTC days in the range on which Los Angeles moves its clocks, as their first ms. */
  readonly clockChanges: readonly number[]
  /** Earliest starts of the first sessions, so that the moments that matter are never empty by chance. */
  readonly #promised: number[]

  /** `end` is exclusive, in ms; the range is the `dayCount` UTC days before and with it. */
  constructor(random: Random, end: number, dayCount: number) {
    this.#random = random
    this.#dayCount = dayCount
    this.end = end
    this.#lastMidnight = Math.floor((end - 1) / DAY) * DAY
    const firstDay = this.#lastMidnight - (dayCount - 1) * DAY
    this.clockChanges = clockChangesBetween(firstDay, this.#lastMidnight)
    // Los Angeles changes at 09:00 or 10:00 UTC: begin a little before, so that work goes across it.
    const beforeChanges = this.clockChanges.map((change) => change + 7 * HOUR)
    const firstDays = [2, 4, 6, 8]
      .filter((day) => day < dayCount)
      .map((day) => firstDay + day * DAY + 9 * HOUR)
    this.#promised = [end - 2.5 * HOUR, ...beforeChanges, end - 2.5 * HOUR, ...firstDays]
  }

  /** A start at least half an hour before the end: mostly by day, some shortly before midnight UTC. */
  sessionStart(): number {
    const start = this.#anyStart()
    if (start <= this.end - HOUR / 2) return start
    return this.end - this.#random.integer(HOUR / 2, 4 * HOUR)
  }

  /** True where a session must not begin another turn, lest it pass the end. */
  isOver(at: number): boolean {
    return at > this.end - HOUR / 4
  }

  #anyStart(): number {
    const promised = this.#promised.shift()
    if (promised !== undefined) return promised + this.#random.integer(0, 2 * HOUR)
    const midnight = this.#lastMidnight - Math.floor(this.#random.next() * this.#dayCount) * DAY
    if (this.#random.chance(0.06)) return midnight + DAY - this.#random.integer(60, 900) * SECOND
    const hour = this.#random.chance(0.8) ? 8 + this.#random.next() * 12 : this.#random.next() * 24
    return midnight + Math.floor(hour * HOUR)
  }
}

function clockChangesBetween(first: number, last: number): number[] {
  const offset = new Intl.DateTimeFormat('en-US', {
    timeZone: 'America/Los_Angeles',
    timeZoneName: 'shortOffset',
  })
  const offsetAt = (at: number) => offset.format(at).split('GMT')[1]
  const changes: number[] = []
  for (let day = first; day <= last; day += DAY) {
    if (offsetAt(day) !== offsetAt(day + DAY)) changes.push(day)
  }
  return changes
}
