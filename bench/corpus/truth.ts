// Keeps the true totals while the corpus is written: every call once, every session once.
import { dayIn, ZONES, type Zone } from './calendar.ts'
import { type CallTokens, priceOf } from './prices.ts'

export const AGENTS = ['claude-code', 'codex'] as const
export type Agent = (typeof AGENTS)[number]

/** Every difficulty the corpus contains, with how often it occurred. docs/log-formats.md explains each. */
export const TRAPS = [
  'streamedDuplicates',
  'streamedAcrossMidnight',
  'resumedLines',
  'resumedPartialMessages',
  'sidechainReplays',
  'subagentFiles',
  'synthetic',
  'agentToolUsages',
  'missingRequestIds',
  'severalToolUses',
  'longPrompts',
  'codexLongPrompts',
  'datedPrices',
  'promptsOnTheEdge',
  'codexRepeats',
  'codexInfoNull',
  'codexForks',
  'codexForksOfForks',
  'codexForkReplays',
  'codexForkedSessionMeta',
  'archivedFiles',
  'spacedFiles',
  'foreignTexts',
  'clockChangeCalls',
] as const
export type Trap = (typeof TRAPS)[number]

export interface TruthTally {
  calls: number
  sessions: number
  tokens: { -readonly [K in keyof CallTokens]: number }
  webSearches: number
  costUSD: number
}

export interface AgentTruth {
  total: TruthTally
  byModel: Record<string, TruthTally>
  byDay: Record<Zone, Record<string, TruthTally>>
  /** By UTC day, then model. */
  byDayAndModel: Record<string, Record<string, TruthTally>>
  /** How often each tool was called. */
  tools: Record<string, number>
}

export interface Truth {
  readonly megabytes: number
  readonly seed: number
  readonly files: number
  readonly bytes: number
  readonly lines: number
  readonly traps: Record<Trap, number>
  readonly agents: Record<Agent, AgentTruth>
}

export interface Call {
  readonly agent: Agent
  /** The session's root: a subagent, a resumed copy and a fork name the one they came from. */
  readonly session: string
  /** ms since 1970. */
  readonly at: number
  readonly model: string
  readonly tokens: CallTokens
  readonly webSearches: number
}

export class TruthKeeper {
  readonly traps: Record<Trap, number> = Object.fromEntries(TRAPS.map((trap) => [trap, 0])) as Record<
    Trap,
    number
  >
  readonly #agents: Record<Agent, AgentTruth> = { 'claude-code': emptyAgent(), codex: emptyAgent() }
  readonly #firstCalls = new Map<string, Call>()
  readonly #clockChangeDays: ReadonlySet<string>
  files = 0
  bytes = 0
  lines = 0

  /** `clockChanges`: the first ms of the UTC days on which Los Angeles moves its clocks. */
  constructor(clockChanges: readonly number[]) {
    this.#clockChangeDays = new Set(clockChanges.map((at) => dayIn('UTC', at)))
  }

  trap(trap: Trap, times = 1): void {
    this.traps[trap] += times
  }

  call(call: Call): void {
    const { usd, long, droppedTier } = priceOf(call.model, call.at, call.tokens, call.webSearches)
    if (droppedTier) this.trap('datedPrices')
    if (long) this.trap(call.agent === 'codex' ? 'codexLongPrompts' : 'longPrompts')
    if (this.#clockChangeDays.has(dayIn('America/Los_Angeles', call.at))) this.trap('clockChangeCalls')
    for (const tally of this.#talliesOf(call)) add(tally, call, usd)
    const key = `${call.agent} ${call.session}`
    const first = this.#firstCalls.get(key)
    if (first === undefined || call.at < first.at) this.#firstCalls.set(key, call)
  }

  tool(agent: Agent, name: string): void {
    const { tools } = this.#agents[agent]
    tools[name] = (tools[name] ?? 0) + 1
  }

  /** The finished truth. A session counts where its first call counts. To be called once. */
  finish(megabytes: number, seed: number): Truth {
    for (const first of this.#firstCalls.values()) {
      for (const tally of this.#talliesOf(first)) tally.sessions++
    }
    const { files, bytes, lines, traps } = this
    return { megabytes, seed, files, bytes, lines, traps, agents: this.#agents }
  }

  #talliesOf({ agent, model, at }: Call): TruthTally[] {
    const truth = this.#agents[agent]
    truth.byModel[model] ??= emptyTally()
    const tallies = [truth.total, truth.byModel[model]]
    for (const zone of ZONES) {
      const byDay = truth.byDay[zone]
      const day = dayIn(zone, at)
      byDay[day] ??= emptyTally()
      tallies.push(byDay[day])
    }
    const utcDay = dayIn('UTC', at)
    truth.byDayAndModel[utcDay] ??= {}
    const models = truth.byDayAndModel[utcDay]
    models[model] ??= emptyTally()
    tallies.push(models[model])
    return tallies
  }
}

export function emptyTally(): TruthTally {
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 0 }
  return { calls: 0, sessions: 0, tokens, webSearches: 0, costUSD: 0 }
}

function emptyAgent(): AgentTruth {
  return {
    total: emptyTally(),
    byModel: {},
    byDay: { UTC: {}, 'America/Los_Angeles': {}, 'Asia/Tokyo': {} },
    byDayAndModel: {},
    tools: {},
  }
}

function add(tally: TruthTally, call: Call, usd: number): void {
  tally.calls++
  tally.tokens.input += call.tokens.input
  tally.tokens.output += call.tokens.output
  tally.tokens.cacheRead += call.tokens.cacheRead
  tally.tokens.cacheWrite5m += call.tokens.cacheWrite5m
  tally.tokens.cacheWrite1h += call.tokens.cacheWrite1h
  tally.tokens.reasoning += call.tokens.reasoning
  tally.webSearches += call.webSearches
  tally.costUSD += usd
}
