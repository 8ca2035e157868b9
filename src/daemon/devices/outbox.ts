// What this device tells others: its own totals as the sanitiser lets them leave, and what of them changed since an earlier
// answer. Nothing else of this device is in reach of what answers others.
import { randomBytes } from 'node:crypto'
import type { UsageAnswer, WireBucket, WireQuota, WireToolCalls } from '../../contract/wire.ts'
import { WIRE, WIRE_VERSION } from '../../contract/wire-bounds.ts'
import { ACTIVITIES } from '../../contract/words.ts'
import {
  activityOf,
  agentOf,
  BUCKET_SUMS,
  Buckets,
  bandOfSeries,
  modelOf,
  packSeries,
  ToolBuckets,
} from '../tallies/buckets.ts'
import { Names } from '../tallies/names.ts'
import type { Totals } from '../tallies/totals.ts'
import { digestOf } from './digest.ts'
import { type Dated, floorOf } from './floor.ts'
import { Image } from './image.ts'
import type { OutboxMark } from './outbox-mark.ts'
import {
  agentAsTold,
  deviceAsTold,
  modelAsTold,
  OTHER_AGENT,
  OTHER_MODEL,
  OTHER_TOOL,
  programAsTold,
  quotaAsTold,
  toolAsTold,
  zoneAsTold,
} from './sanitiser.ts'
import { Listed, type Translate, translated } from './told-names.ts'

export interface OutboxContext {
  /** This device's own; may be another object each time. */
  readonly totals: () => Totals
  readonly name: () => string
  readonly timeZone: () => string
  /** Version of tallyd. */
  readonly program: string
  /** Windows of this device's accounts. */
  readonly quotas: () => readonly WireQuota[]
  /** Where it was at the last stop; counts only if the first look at the totals finds the same. */
  readonly mark?: OutboxMark | null
}

export interface Outbox {
  /** Where others are who know all; `<epoch>:<revision>`. */
  cursor(): string
  /** Looks at the totals; whether anything that others see is different. A few milliseconds, whatever changed. */
  refresh(): boolean
  /** What changed since the cursor `since`, everything if that is not ours or not given; null if nothing did. */
  answer(since?: string): UsageAnswer | null
  /** What to go on from after a restart; null where nobody was told anything, or not all of it. */
  mark(): OutboxMark | null
}

export function createOutbox(context: OutboxContext): Outbox {
  return new OwnImage(context)
}

class OwnImage implements Outbox {
  readonly #context: OutboxContext
  // What the rest is called comes first: its number has to be within the bounds.
  readonly #agents = new Names([OTHER_AGENT])
  readonly #models = new Names([OTHER_MODEL])
  readonly #tools = new Names([OTHER_TOOL])
  readonly #buckets = new Buckets()
  readonly #toolBuckets = new ToolBuckets()
  readonly #bucketImage = new Image(() => this.#buckets.table, BUCKET_SUMS)
  readonly #toolImage = new Image(() => this.#toolBuckets.table, ['calls'])
  #epoch = newEpoch()
  /** 0: the totals were never looked at. */
  #revision = 0
  /** Since when every row that went is known: who has less is told everything. */
  #oldest = 1
  #said = ''
  /** Quarters before this one are left out; above 0 only where there are too many buckets. */
  #floor = 0

  constructor(context: OutboxContext) {
    this.#context = context
  }

  cursor(): string {
    if (this.#revision === 0) this.refresh()
    return `${this.#epoch}:${this.#revision}`
  }

  refresh(): boolean {
    const next = this.#revision + 1
    const totals = this.#context.totals()
    const { of: bucket } = totals.buckets.table
    const { of: tool } = totals.toolBuckets.table
    const agent = translated(totals.agents, this.#agents, agentAsTold, WIRE.agents, OTHER_AGENT)
    const model = translated(totals.models, this.#models, modelAsTold, WIRE.names, OTHER_MODEL)
    const toolName = translated(totals.tools, this.#tools, toolAsTold, WIRE.names, OTHER_TOOL)
    const changed =
      this.#bucketImage.follow(
        totals.buckets.table,
        (row) => this.#bucketRow(bucket.quarter[row]!, bucket.series[row]!, agent, model),
        next,
      ) +
      this.#toolImage.follow(
        totals.toolBuckets.table,
        (row) => this.#toolRow(tool.quarter[row]!, agent(tool.agent[row]!), toolName(tool.tool[row]!)),
        next,
      )
    this.#buckets.rest()
    this.#toolBuckets.rest()
    const said = JSON.stringify(this.#saysOfItself())
    if (changed === 0 && said === this.#said) return false
    this.#said = said
    this.#revision = next
    this.#raiseFloor()
    if (next === 1) this.#goOn()
    return true
  }

  answer(since?: string): UsageAnswer | null {
    const cursor = this.cursor()
    if (since === cursor) return null
    const after = this.#revisionIn(since)
    if (after === 'ahead') return this.#answerAhead()
    const buckets: WireBucket[] = []
    const toolCalls: WireToolCalls[] = []
    const names = { agents: new Listed(this.#agents), models: new Listed(this.#models) }
    const tools = new Listed(this.#tools)
    for (const row of this.#rows(this.#buckets.table, this.#bucketImage, after)) {
      buckets.push(this.#bucketIn(row, names))
    }
    const { of } = this.#toolBuckets.table
    for (const row of this.#rows(this.#toolBuckets.table, this.#toolImage, after)) {
      const agent = names.agents.indexOf(of.agent[row]!)
      toolCalls.push([of.quarter[row]!, agent, tools.indexOf(of.tool[row]!), of.calls[row]!])
    }
    return {
      version: WIRE_VERSION,
      ...this.#saysOfItself(),
      cursor,
      whole: after === null,
      agents: names.agents.list,
      models: names.models.list,
      activities: [...ACTIVITIES],
      tools: tools.list,
      buckets,
      toolCalls,
    }
  }

  #saysOfItself(): Pick<UsageAnswer, 'name' | 'timeZone' | 'program'> & { quotas: WireQuota[] } {
    const { name, timeZone, program, quotas } = this.#context
    return {
      name: deviceAsTold(name()),
      timeZone: zoneAsTold(timeZone()),
      program: programAsTold(program),
      quotas: quotas().flatMap(quotaAsTold).slice(0, WIRE.quotas),
    }
  }

  /** -1 where others would refuse the row. */
  #bucketRow(quarter: number, series: number, agent: Translate, model: Translate): number {
    const band = bandOfSeries(series)
    const activity = activityOf(series)
    if (!isTold(quarter) || band >= WIRE.bands || activity >= ACTIVITIES.length) return -1
    const told = packSeries({ agent: agent(agentOf(series)), model: model(modelOf(series)), activity, band })
    return this.#buckets.rowOf(quarter, told)
  }

  #toolRow(quarter: number, agent: number, tool: number): number {
    return isTold(quarter) ? this.#toolBuckets.rowOf(quarter, agent, tool) : -1
  }

  #bucketIn(row: number, { agents, models }: { agents: Listed; models: Listed }): WireBucket {
    const { of } = this.#buckets.table
    const series = of.series[row]!
    return [
      of.quarter[row]!,
      agents.indexOf(agentOf(series)),
      models.indexOf(modelOf(series)),
      activityOf(series),
      bandOfSeries(series),
      of.calls[row]!,
      of.sessions[row]!,
      of.webSearches[row]!,
      of.input[row]!,
      of.output[row]!,
      of.cacheRead[row]!,
      of.cacheWrite5m[row]!,
      of.cacheWrite1h[row]!,
      of.reasoning[row]!,
    ]
  }

  /** Rows that changed after a revision, or every row that is not empty; none before the floor. */
  *#rows(table: Dated, image: { readonly revisions: Uint32Array }, after: number | null) {
    const { of, length } = table
    const { revisions } = image
    for (let row = 0; row < length; row++) {
      const wanted = after === null ? of.calls[row]! > 0 : revisions[row]! > after
      if (wanted && of.quarter[row]! >= this.#floor) yield row
    }
  }

  /** Null where the cursor is not of this epoch, or of before a restart. */
  #revisionIn(since: string | undefined): number | null | 'ahead' {
    if (since === undefined || !since.startsWith(`${this.#epoch}:`)) return null
    const text = since.slice(this.#epoch.length + 1)
    if (!/^\d{1,15}$/.test(text)) return null
    const revision = Number(text)
    if (revision > this.#revision) return 'ahead'
    return revision < this.#oldest ? null : revision
  }

  /** Somebody knows more of this epoch than there was: this device was set back, by a restored disk. Revisions would be given twice. */
  #answerAhead(): UsageAnswer | null {
    this.#epoch = newEpoch()
    return this.answer()
  }

  mark(): OutboxMark | null {
    if (this.#revision === 0) return null
    this.refresh()
    const isWhole = this.#floor === 0
    return isWhole ? { epoch: this.#epoch, revision: this.#revision, digest: this.#digest() } : null
  }

  /** Goes on from the mark if these are the very totals that it was left with. */
  #goOn(): void {
    const { mark } = this.#context
    if (mark == null || this.#floor > 0 || mark.digest !== this.#digest()) return
    this.#epoch = mark.epoch
    this.#revision = mark.revision
    this.#oldest = mark.revision
    this.#bucketImage.revisions.fill(mark.revision)
    this.#toolImage.revisions.fill(mark.revision)
  }

  #digest(): string {
    const [agents, models, tools] = [this.#agents, this.#models, this.#tools]
    const told = { agents, models, tools, buckets: this.#buckets, toolBuckets: this.#toolBuckets }
    return digestOf(told, `${WIRE_VERSION}\n${this.#said}`)
  }

  /** Leaves out the oldest where there is more than others take. What is gone without a row to say so needs a new epoch. */
  #raiseFloor(): void {
    const floor = Math.max(
      floorOf(this.#buckets.table, this.#floor, WIRE.buckets),
      floorOf(this.#toolBuckets.table, this.#floor, WIRE.toolCalls),
    )
    if (floor === this.#floor) return
    this.#floor = floor
    this.#epoch = newEpoch()
  }
}

function isTold(quarter: number): boolean {
  return quarter >= WIRE.firstQuarter && quarter <= WIRE.lastQuarter
}

function newEpoch(): string {
  return randomBytes(16).toString('base64url')
}
