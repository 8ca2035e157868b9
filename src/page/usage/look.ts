// What of the usage is looked at: which time, in which measure, stacked how, and only whose. Pure.
import { localDayOf } from './calendar.ts'

/** The ranges in their order, and what each asks the daemon for. */
export const RANGES = [
  { name: 'day', asks: 'today', says: 'today' },
  { name: 'week', asks: 'week', says: 'this week' },
  { name: 'month', asks: 'month', says: 'this month' },
  { name: 'all', asks: 'all', says: 'in all' },
] as const
export const MEASURES = ['spend', 'tokens'] as const
/** What bars can be stacked by, and what a look can be narrowed to. */
export const SIDES = ['device', 'agent', 'model'] as const

export type RangeName = (typeof RANGES)[number]['name']
export type Measure = (typeof MEASURES)[number]
export type Side = (typeof SIDES)[number]

/** A stretch of time that was picked in the chart. */
export interface Span {
  /** Unix milliseconds, exclusive at the end. */
  readonly start: number
  readonly end: number
}

export interface Look {
  readonly range: RangeName
  readonly measure: Measure
  readonly stack: Side
  /** Only this device, agent or model; null for all. */
  readonly only: Readonly<Record<Side, string | null>>
  /** Only this bar's time. */
  readonly span: Span | null
}

export const FIRST_LOOK: Look = {
  range: 'month',
  measure: 'spend',
  stack: 'device',
  only: { device: null, agent: null, model: null },
  span: null,
}

/** Another range; a bar that was picked belongs to the one before. */
export function withRange(look: Look, range: RangeName): Look {
  return range === look.range ? look : { ...look, range, span: null }
}

/** Narrows to `name`, or widens again where it was that already. */
export function toggled(look: Look, side: Side, name: string): Look {
  return { ...look, only: { ...look.only, [side]: look.only[side] === name ? null : name } }
}

export function withSpan(look: Look, span: Span): Look {
  return { ...look, span: look.span?.start === span.start ? null : span }
}

/** Names that the daemon takes as a filter; a log may hold a call whose model has none. */
export function canNarrowTo(name: string): boolean {
  return name.length >= 1 && name.length <= 200
}

/** Whether both need the same answers: measure alone changes nothing but what is drawn. */
export function asksTheSame(one: Look, other: Look): boolean {
  const asked = ({ range, stack, only, span }: Look) => JSON.stringify([range, stack, only, span?.start])
  return asked(one) === asked(other)
}

/** Whether `then` and `now`, both Unix milliseconds, are of one local day: else every range has moved on. */
export function isSameDay(then: number, now: number): boolean {
  return localDayOf(then) === localDayOf(now)
}
