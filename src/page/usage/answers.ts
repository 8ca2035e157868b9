// What was answered for one look, put together for the views. Pure.
import type { Row, Summary } from '../../contract/usage.ts'
import { type Bins, binsOf, timeOf } from './bins.ts'
import type { Look, Measure, Side } from './look.ts'
import type { Answered } from './questions.ts'
import { type Colours, coloursFor } from './stack.ts'
import { ranked } from './sums.ts'

/** Colours of each side's names; kept from answer to answer. */
export type AllColours = Readonly<Record<Side, Colours>>

export interface Answers {
  /** Unix milliseconds of when they were asked for. */
  readonly at: number
  /** The look that they are of. */
  readonly look: Look
  readonly bins: Bins
  readonly chart: Summary
  readonly parts: Summary
  /** Null where it could not be answered, and `tools` where a model is chosen. */
  readonly devices: Summary | null
  readonly tools: Summary | null
  readonly today: Summary | null
  readonly usual: Summary | null
  /** Whether nothing was ever counted, on any device. */
  readonly isEmpty: boolean
  readonly colours: AllColours
}

export const NO_COLOURS: AllColours = { device: new Map(), agent: new Map(), model: new Map() }

/** `answered` has a chart and parts. */
export function answersOf(look: Look, answered: Answered, at: number, before: AllColours): Answers {
  const { all, chart, parts, devices = null, tools = null, today = null, usual = null } = answered
  if (chart === undefined || parts === undefined) throw new Error('a look needs its chart and its parts')
  const bins = binsOf(look.range, at, look.range === 'all' ? historyOf(chart.rows) : null)
  const answers: Answers = {
    at,
    look,
    bins,
    chart,
    parts,
    devices,
    tools,
    today,
    usual,
    isEmpty: all !== undefined && all.total.calls === 0,
    colours: before,
  }
  return coloured(answers, look.measure)
}

/** With colours for the names that are largest in `measure`. */
export function coloured(answers: Answers, measure: Measure): Answers {
  const { chart, colours } = answers
  const { stack } = answers.look
  const order = ranked(chart.rows, stack, measure).map(({ name }) => name)
  return { ...answers, colours: { ...colours, [stack]: coloursFor(order, colours[stack]) } }
}

/** The rows of the parts under the look's agent and model, or under one of them alone. */
export function partsUnder({ parts, look }: Pick<Answers, 'parts' | 'look'>, but: Side | null = null): Row[] {
  const { agent, model } = look.only
  return parts.rows.filter(
    (row) =>
      (but === 'agent' || agent === null || row.agent === agent) &&
      (but === 'model' || model === null || row.model === model),
  )
}

function historyOf(rows: readonly Row[]): { first: number; last: number } | null {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of rows) {
    const at = timeOf(row)
    if (Number.isNaN(at)) continue
    first = Math.min(first, at)
    last = Math.max(last, at)
  }
  return Number.isFinite(first) ? { first, last } : null
}
