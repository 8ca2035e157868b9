// What one other device told of itself. Only its own answers change it, whole or not at all; how old it is says `asOf`.
import type { UsageAnswer, WireBucket, WireQuota } from '../../contract/wire.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import { ACTIVITIES } from '../../contract/words.ts'
import { BUCKET_SHAPE, Buckets, packSeries, TOOL_SHAPE, ToolBuckets } from '../tallies/buckets.ts'
import { Columns, type Shape } from '../tallies/columns.ts'
import { Names } from '../tallies/names.ts'
import { QUARTER_MS } from '../tallies/quarters.ts'
import type { Totals } from '../tallies/totals.ts'
import { deviceAsTold, modelAsHeard, programAsTold, toolAsHeard, zoneAsTold } from './sanitiser.ts'

/** What a copy knows besides the totals. */
export interface CopyFacts {
  /** What it calls itself; null before it told anything. */
  readonly name: string | null
  readonly timeZone: string | null
  readonly program: string | null
  /** What to ask from; null asks for everything. */
  readonly cursor: string | null
  /** Unix milliseconds, of this device's clock, of the last answer; null before the first. */
  readonly asOf: number | null
  /** Windows of its accounts, as it observed them. */
  readonly quotas: readonly WireQuota[]
}

/** Totals whose activities are numbered as they were told, so that a newer device's unknown ones stay apart. */
export interface CopiedTotals extends Totals {
  readonly activities: Names
}

/** `stale`: it tells nothing that is not known already. `refused`: it changed nothing. */
export type Outcome =
  | { readonly kind: 'applied' | 'stale' }
  | { readonly kind: 'refused'; readonly says: string }

const NOTHING_KNOWN: CopyFacts = {
  name: null,
  timeZone: null,
  program: null,
  cursor: null,
  asOf: null,
  quotas: [],
}
const DAY_MS = 86_400_000

export class Copy implements CopyFacts {
  #facts: CopyFacts
  #totals: CopiedTotals

  constructor(facts: CopyFacts = NOTHING_KNOWN, totals: CopiedTotals = emptyTotals(0, 0)) {
    this.#facts = facts
    this.#totals = totals
  }

  /** Ask again each time: a whole answer brings other objects. */
  get totals(): CopiedTotals {
    return this.#totals
  }
  get name(): string | null {
    return this.#facts.name
  }
  get timeZone(): string | null {
    return this.#facts.timeZone
  }
  get program(): string | null {
    return this.#facts.program
  }
  get cursor(): string | null {
    return this.#facts.cursor
  }
  get asOf(): number | null {
    return this.#facts.asOf
  }
  get quotas(): readonly WireQuota[] {
    return this.#facts.quotas
  }

  /** The device said at `now` (Unix milliseconds) that nothing changed. */
  confirm(now: number): void {
    this.#facts = { ...this.#facts, asOf: now }
  }

  /**
   * Takes an answer that `readAnswer` let in. Twice, or later than a newer one, makes no difference. Only what was asked with a
   * cursor of this copy may be given: what changed since another one would leave gaps.
   */
  apply(answer: UsageAnswer, now: number): Outcome {
    const known = revisionIn(this.cursor)
    const told = revisionIn(answer.cursor)
    const sameEpoch = known !== null && told !== null && known.epoch === told.epoch
    if (sameEpoch ? told.revision <= known.revision : !answer.whole) return { kind: 'stale' }
    const draft = answer.whole
      ? emptyTotals(answer.buckets.length, answer.toolCalls.length)
      : this.#fits(answer)
        ? this.#totals
        : withoutEmptyRows(this.#totals)
    const tooMany = tooManyNames(answer, draft)
    if (tooMany !== null) return { kind: 'refused', says: tooMany }
    write(answer, draft)
    if (draft.buckets.table.length > WIRE.buckets || draft.toolBuckets.table.length > WIRE.toolCalls) {
      return { kind: 'refused', says: `it has more than ${WIRE.buckets} buckets` }
    }
    this.#totals = draft
    this.#facts = {
      name: deviceAsTold(answer.name),
      timeZone: zoneAsTold(answer.timeZone),
      program: programAsTold(answer.program),
      cursor: answer.cursor,
      asOf: now,
      quotas: answer.quotas ?? [],
    }
    return { kind: 'applied' }
  }

  /** Buckets of later than tomorrow: somebody's clock is or was wrong. They count on their day, for every device the same. */
  ahead(now: number): number {
    const { of, length } = this.#totals.buckets.table
    const last = (now + DAY_MS) / QUARTER_MS
    let ahead = 0
    for (let row = 0; row < length; row++) if (of.calls[row]! > 0 && of.quarter[row]! > last) ahead++
    return ahead
  }

  /** Whether there is room whatever of it is new, so that the totals may be written where they are. */
  #fits({ buckets, toolCalls }: UsageAnswer): boolean {
    const { buckets: known, toolBuckets: knownTools } = this.#totals
    return (
      known.table.length + buckets.length <= WIRE.buckets &&
      knownTools.table.length + toolCalls.length <= WIRE.toolCalls
    )
  }
}

export function emptyTotals(buckets: number, toolCalls: number): CopiedTotals {
  return {
    agents: new Names(),
    models: new Names(),
    tools: new Names(),
    activities: new Names(ACTIVITIES),
    buckets: new Buckets(new Columns(BUCKET_SHAPE, Math.max(16, buckets))),
    toolBuckets: new ToolBuckets(new Columns(TOOL_SHAPE, Math.max(16, toolCalls))),
  }
}

/** Why an answer has more names than are kept of one device; null if it has not. Changes nothing. */
function tooManyNames(
  answer: UsageAnswer,
  { agents, models, tools, activities }: CopiedTotals,
): string | null {
  const names: readonly [Names, readonly string[], number, string][] = [
    [agents, answer.agents, WIRE.agents, 'agents'],
    [models, answer.models.map(modelAsHeard), WIRE.names, 'models'],
    [tools, answer.tools.map(toolAsHeard), WIRE.names, 'tools'],
    [activities, answer.activities, WIRE.activities, 'activities'],
  ]
  const over = names.find(([known, told, cap]) => new Set([...known.list, ...told]).size > cap)
  return over === undefined ? null : `it has more than ${over[2]} ${over[3]}`
}

function write(answer: UsageAnswer, draft: CopiedTotals): void {
  const agents = answer.agents.map((name) => draft.agents.idOf(name))
  const models = answer.models.map((name) => draft.models.idOf(modelAsHeard(name)))
  const tools = answer.tools.map((name) => draft.tools.idOf(toolAsHeard(name)))
  const activities = answer.activities.map((name) => draft.activities.idOf(name))
  for (const told of answer.buckets) {
    const [quarter, agent, model, activity, band] = told
    if (answer.whole && told[5] === 0) continue
    const [a, m, c] = [agents[agent]!, models[model]!, activities[activity]!]
    const row = draft.buckets.rowOf(quarter, packSeries({ agent: a, model: m, activity: c, band }))
    writeBucket(draft.buckets.table.of, row, told)
  }
  for (const [quarter, agent, tool, calls] of answer.toolCalls) {
    if (answer.whole && calls === 0) continue
    const row = draft.toolBuckets.rowOf(quarter, agents[agent]!, tools[tool]!)
    draft.toolBuckets.table.of.calls[row] = calls
  }
  draft.buckets.rest()
  draft.toolBuckets.rest()
}

function writeBucket(of: Buckets['table']['of'], row: number, told: WireBucket): void {
  of.calls[row] = told[5]
  of.sessions[row] = told[6]
  of.webSearches[row] = told[7]
  of.input[row] = told[8]
  of.output[row] = told[9]
  of.cacheRead[row] = told[10]
  of.cacheWrite5m[row] = told[11]
  of.cacheWrite1h[row] = told[12]
  of.reasoning[row] = told[13]
}

function withoutEmptyRows(totals: CopiedTotals): CopiedTotals {
  const { agents, models, tools, activities, buckets, toolBuckets } = totals
  return {
    agents: new Names(agents.list),
    models: new Names(models.list),
    tools: new Names(tools.list),
    activities: new Names(activities.list),
    buckets: new Buckets(fullRows(buckets.table)),
    toolBuckets: new ToolBuckets(fullRows(toolBuckets.table)),
  }
}

function fullRows<S extends Shape & { readonly calls: 'u32' }>(table: Columns<S>): Columns<S> {
  const full: number[] = []
  for (let row = 0; row < table.length; row++) if (table.of.calls[row]! > 0) full.push(row)
  return table.pick(full)
}

function revisionIn(cursor: string | null): { epoch: string; revision: number } | null {
  const [epoch, revision] = cursor?.split(':') ?? []
  return epoch === undefined || revision === undefined ? null : { epoch, revision: Number(revision) }
}
