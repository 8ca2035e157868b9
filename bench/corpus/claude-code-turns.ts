// The calls of one Claude Code file: each streamed as one to three lines, with tool calls and their results.
import { DAY, MINUTE } from './calendar.ts'
import { assistantLine, type LineHead, syntheticLine, toolResultLine } from './claude-code-lines.ts'
import type { LogFile } from './log-file.ts'
import type { CallTokens } from './prices.ts'
import { toolOutputLength, type World } from './world.ts'

const LONG_PROMPT_MODEL = 'claude-sonnet-4-5-20250929'
const EDGES = [200_000, 200_001] as const
const CONTEXT_LIMITS: Readonly<Record<string, number>> = {
  [LONG_PROMPT_MODEL]: 420_000,
  'claude-opus-4-6': 260_000,
  'claude-sonnet-4-6': 260_000,
}
const SESSION_MODELS = [
  ['claude-opus-4-8', 45],
  ['claude-opus-4-6', 10],
  ['claude-sonnet-4-6', 23],
  [LONG_PROMPT_MODEL, 10],
  ['claude-haiku-4-5-20251001', 12],
] as const
const SUBAGENT_MODELS = [
  ['claude-haiku-4-5-20251001', 6],
  ['claude-sonnet-4-6', 4],
] as const
const TOOLS = ['Bash', 'Read', 'Edit', 'Grep', 'Write', 'Agent', 'mcp__linear__search'] as const

interface ToolUse {
  readonly id: string
  readonly name: (typeof TOOLS)[number]
}

export class ClaudeCodeTurns {
  readonly #world: World
  readonly #head: LineHead
  readonly #root: string
  readonly #file: LogFile
  readonly #copyLimit: number
  readonly #hourCache: boolean
  #model: string
  #context: number
  /** The uuid that the next line answers. */
  parent: string | null = null
  /** The first assistant lines, for files that copy them. */
  readonly copyable: string[] = []

  constructor(world: World, head: LineHead, root: string, file: LogFile, copyLimit: number) {
    this.#world = world
    this.#head = head
    this.#root = root
    this.#file = file
    this.#copyLimit = copyLimit
    this.#hourCache = world.random.chance(0.55)
    // Some people begin by handing over a whole repository.
    this.#context = world.random.chance(0.15)
      ? world.random.integer(180_000, 230_000)
      : world.random.integer(12_000, 28_000)
    this.#model = world.random.weighted(head.sidechain ? SUBAGENT_MODELS : SESSION_MODELS)
  }

  /** Writes the calls that answer one prompt, until the file has `target` bytes; returns when they ended (ms). */
  write(start: number, prompt: string, target: number): number {
    const { random } = this.#world
    if (!this.#head.sidechain && random.chance(0.1)) this.#model = random.weighted(SESSION_MODELS)
    this.parent = prompt
    let at = start
    for (let calls = random.integer(1, 14); calls > 0 && this.#file.size < target; calls--) {
      if (random.chance(0.004)) this.#writeSynthetic(at)
      else at = this.#writeCall(at)
    }
    return at
  }

  #writeSynthetic(at: number): void {
    const { random, truth } = this.#world
    truth.trap('synthetic')
    this.#file.write(syntheticLine(this.#head, this.parent, [random.uuid(), random.uuid()], at), at)
  }

  #writeCall(start: number): number {
    const { random, truth } = this.#world
    const tokens = this.#nextTokens()
    const webSearches = random.chance(0.01) ? random.integer(1, 3) : 0
    const toolUses = this.#pickToolUses()
    const end = this.#stream(start, tokens, webSearches, toolUses)
    const model = this.#model
    truth.call({ agent: 'claude-code', session: this.#root, at: start, model, tokens, webSearches })
    let at = end + random.integer(500, 6000)
    for (const use of toolUses) {
      truth.tool('claude-code', use.name)
      this.#writeToolResult(at, use)
      at += random.integer(50, 2000)
    }
    return at
  }

  // One request becomes one line a content block. All carry its usage; only the last one's output is final.
  #stream(start: number, tokens: CallTokens, webSearches: number, toolUses: readonly ToolUse[]): number {
    const { random, truth } = this.#world
    const messageId = `msg_01${random.letters(22)}`
    const requestId = random.chance(0.01) ? null : `req_011C${random.letters(20)}`
    if (requestId === null) truth.trap('missingRequestIds')
    const blocks = this.#blocks(toolUses)
    const step = this.#streamStep(start, blocks.length)
    let at = start
    blocks.forEach((block, index) => {
      const last = index === blocks.length - 1
      if (index > 0) at += step
      const line = assistantLine(this.#head, {
        uuid: random.uuid(),
        parent: this.parent,
        at,
        messageId,
        requestId,
        model: this.#model,
        blocks: block,
        stopReason: last ? (toolUses.length > 0 ? 'tool_use' : 'end_turn') : null,
        tokens: last ? tokens : { ...tokens, output: Math.min(tokens.output - 1, random.integer(1, 8)) },
        webSearches: last ? webSearches : 0,
      })
      if (index > 0) truth.trap('streamedDuplicates')
      this.#file.write(line, at)
      if (this.copyable.length < this.#copyLimit) this.copyable.push(line)
    })
    return at
  }

  #nextTokens(): CallTokens {
    const { random, truth } = this.#world
    const cacheWrite = random.integer(200, 9000)
    const input = random.integer(1, 12) + (random.chance(0.05) ? random.integer(500, 4000) : 0)
    // A prompt that has nearly the size where the price changes gets exactly that size.
    const overEdge = this.#context + cacheWrite + input - EDGES[0]
    if (Math.abs(overEdge) < 5000 && random.chance(0.5)) {
      truth.trap('promptsOnTheEdge')
      this.#context += random.pick(EDGES) - EDGES[0] - overEdge
    }
    const tokens: CallTokens = {
      input,
      output: Math.max(8, Math.round(random.logNormal(320, 1))),
      cacheRead: this.#context,
      cacheWrite5m: this.#hourCache ? 0 : cacheWrite,
      cacheWrite1h: this.#hourCache ? cacheWrite : 0,
      reasoning: 0,
    }
    this.#context += cacheWrite
    if (this.#context > (CONTEXT_LIMITS[this.#model] ?? 170_000))
      this.#context = random.integer(20_000, 40_000)
    return tokens
  }

  #pickToolUses(): ToolUse[] {
    const { random, truth } = this.#world
    if (!random.chance(0.85)) return []
    const count = random.chance(0.08) ? 2 : 1
    if (count > 1) truth.trap('severalToolUses')
    return Array.from({ length: count }, () => ({
      id: `toolu_01${random.letters(22)}`,
      name: random.pick(TOOLS),
    }))
  }

  #blocks(toolUses: readonly ToolUse[]): string[] {
    const { random, text } = this.#world
    const blocks = toolUses.map((use) => this.#toolUseBlock(use))
    const said = () => `{"type":"text","text":"${text.prose(random.logNormal(350, 0.8))}"}`
    if (blocks.length === 0) blocks.push(said())
    if (random.chance(0.35)) return blocks
    if (random.chance(0.5)) blocks.unshift(said())
    const thought = text.prose(random.logNormal(250, 0.7))
    const signature = text.blob(random.integer(300, 1200))
    blocks.unshift(`{"type":"thinking","thinking":"${thought}","signature":"${signature}"}`)
    return blocks
  }

  #toolUseBlock(use: ToolUse): string {
    return `{"type":"tool_use","id":"${use.id}","name":"${use.name}","input":${this.#toolInput(use)}}`
  }

  #toolInput({ name }: ToolUse): string {
    const { random, text } = this.#world
    if (name === 'Bash') return `{"command":"npm test -- ${text.word()}","description":"run"}`
    if (name === 'Agent') {
      return `{"description":"look","prompt":"${text.prose(300)}","subagent_type":"Explore"}`
    }
    const content = text.prose(random.logNormal(500, 0.9))
    return `{"file_path":"${this.#head.folder}/src/${text.word()}.ts","content":"${content}"}`
  }

  // A message that began before midnight belongs to the day it began on.
  #streamStep(start: number, lines: number): number {
    const { random, truth, calendar } = this.#world
    const untilMidnight = DAY - (start % DAY)
    const fits = start + lines * 5 * MINUTE < calendar.end
    if (lines > 1 && fits && untilMidnight < 5 * MINUTE && random.chance(0.5)) {
      truth.trap('streamedAcrossMidnight')
      return untilMidnight + 200
    }
    return random.integer(300, 4000)
  }

  #writeToolResult(at: number, use: ToolUse): void {
    const { random, text } = this.#world
    const uuid = random.uuid()
    const content = text.prose(toolOutputLength(random, 4200))
    const detail =
      use.name === 'Agent'
        ? this.#agentResult()
        : `{"stdout":"${random.chance(0.5) ? content : ''}","stderr":"","interrupted":false,"isImage":false}`
    const result = { toolUseId: use.id, content, failed: random.chance(0.06), detail }
    this.#file.write(toolResultLine(this.#head, this.parent, uuid, at, result), at)
    this.parent = uuid
  }

  // What a subagent used, told to its parent: its own file has the calls, so this must not be counted.
  #agentResult(): string {
    const { random, truth } = this.#world
    truth.trap('agentToolUsages')
    const usage = `{"input_tokens":${random.integer(1, 9)},"cache_creation_input_tokens":${random.integer(100, 900)},"cache_read_input_tokens":${random.integer(9000, 90_000)},"output_tokens":${random.integer(9, 900)},"service_tier":"standard"}`
    return `{"status":"completed","agentId":"a${random.hex(16)}","totalDurationMs":${random.integer(9000, 90_000)},"totalTokens":${random.integer(9000, 90_000)},"totalToolUseCount":${random.integer(1, 30)},"usage":${usage}}`
  }
}
