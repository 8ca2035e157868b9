// The turns of one Codex session: contexts, messages, tool calls and the token counts after each request.
import {
  type CodexItem,
  type CodexTokens,
  event,
  NO_TOKENS,
  rateLimits,
  response,
  sum,
  tokenCount,
  tokenCountWithoutInfo,
  turnContext,
  writeItem,
} from './codex-lines.ts'
import type { LogFile } from './log-file.ts'
import { toolOutputLength, type World } from './world.ts'

const LONG_PROMPT_MODEL = 'gpt-5.5'
const EDGES = [271_999, 272_000, 272_001] as const
const MODELS = [
  [LONG_PROMPT_MODEL, 50],
  ['gpt-5.3-codex', 35],
  ['gpt-5.1-codex-mini', 15],
] as const
// How many items of a session a fork may copy at most; real forks copy all, but 2 GB should not be replays.
const FORK_ITEMS = 60

/** What a session carries from one request to the next, and into its forks. */
export interface Running {
  readonly total: CodexTokens
  readonly context: number
  readonly model: string
}

export class CodexTurns {
  readonly #world: World
  readonly #file: LogFile
  readonly #folder: string
  readonly #root: string
  #total: CodexTokens
  #context: number
  #model: string
  #toldLimits = false
  /** What forks replay. */
  readonly items: CodexItem[] = []
  /** Where forks may leave: after so many of `items`, with that state. */
  readonly forkPoints: { readonly items: number; readonly running: Running }[] = []

  /** `root`: the session at the start of the chain of forks; `inherited`: its state where this one left. */
  constructor(world: World, file: LogFile, folder: string, root: string, inherited: Running | null) {
    this.#world = world
    this.#file = file
    this.#folder = folder
    this.#root = root
    this.#total = inherited?.total ?? NO_TOKENS
    this.#context = inherited?.context ?? firstContext(world)
    this.#model = inherited?.model ?? world.random.weighted(MODELS)
  }

  /** Writes one turn; returns when it ended (ms). */
  write(start: number, target: number): number {
    const { random, text } = this.#world
    let at = this.#openTurn(start)
    const calls = random.integer(1, 16)
    for (let call = 1; call <= calls; call++) {
      at = this.#writeCall(at, call === 1, call === calls || this.#file.size >= target)
      if (this.#file.size >= target) break
    }
    this.#write(event(`{"type":"task_complete","turn_id":"${random.uuid()}","last_agent_message":null}`), at)
    if (random.chance(0.1)) this.#model = random.weighted(MODELS)
    if (random.chance(0.05)) this.#write(event(`{"type":"agent_message","message":"${text.prose(80)}"}`), at)
    return at
  }

  #openTurn(start: number): number {
    const { random, text, truth } = this.#world
    const question = text.prose(random.logNormal(180, 0.8))
    this.#writeReplayable(turnContext(random.uuid(), this.#folder, this.#model, text.prose(3000)), start)
    this.#write(
      event(`{"type":"task_started","turn_id":"${random.uuid()}","model_context_window":400000}`),
      start,
    )
    const asked = start + 20
    const content = `[{"type":"input_text","text":"${question}"}]`
    this.#write(response(`{"type":"message","role":"user","content":${content}}`), asked)
    this.#write(event(`{"type":"user_message","message":"${question}","images":[]}`), asked)
    const at = asked + random.integer(400, 2000)
    if (!this.#toldLimits || random.chance(0.2)) {
      truth.trap('codexInfoNull')
      this.#toldLimits = true
      this.#writeReplayable(tokenCountWithoutInfo(rateLimits(random, at)), at)
    }
    return at
  }

  #writeCall(start: number, firstOfTurn: boolean, lastOfTurn: boolean): number {
    const { random, text } = this.#world
    let at = start + random.integer(1000, 9000)
    this.#write(this.#reasoning(), at)
    const finish = lastOfTurn ? this.#writeAnswer(at) : this.#writeToolCall(at)
    at += random.integer(30, 400)
    at = this.#count(at, this.#nextTokens(firstOfTurn)) + random.integer(50, 4000)
    if (finish !== null) {
      const output = `{\\"output\\":\\"x\\",\\"metadata\\":{\\"exit_code\\":0}}${text.prose(toolOutputLength(random, 3800))}`
      this.#write(
        response(`{"type":"${finish.type}_output","call_id":"${finish.id}","output":"${output}"}`),
        at,
      )
    }
    return at
  }

  #reasoning(): CodexItem {
    const { random, text } = this.#world
    const summary = `[{"type":"summary_text","text":"${text.prose(120)}"}]`
    const encrypted = text.blob(random.integer(800, 5000))
    return response(
      `{"type":"reasoning","summary":${summary},"content":null,"encrypted_content":"${encrypted}"}`,
    )
  }

  #writeAnswer(at: number): null {
    const { random, text } = this.#world
    const answer = text.prose(random.logNormal(500, 0.7))
    this.#write(event(`{"type":"agent_message","message":"${answer}"}`), at)
    const content = `[{"type":"output_text","text":"${answer}"}]`
    this.#write(response(`{"type":"message","role":"assistant","content":${content}}`), at)
    return null
  }

  #writeToolCall(at: number): { readonly type: string; readonly id: string } {
    const { random, text, truth } = this.#world
    const id = `call_${random.letters(24)}`
    const patches = random.chance(0.2)
    const type = patches ? 'custom_tool_call' : 'function_call'
    const name = patches ? 'apply_patch' : random.chance(0.9) ? 'shell' : 'update_plan'
    const given = patches
      ? `"status":"completed","call_id":"${id}","name":"${name}","input":"*** Begin Patch\\n${text.prose(400)}*** End Patch"`
      : `"name":"${name}","arguments":"{\\"command\\":[\\"bash\\",\\"-lc\\",\\"rg -n ${text.word()} src\\"]}","call_id":"${id}"`
    truth.tool('codex', name)
    this.#writeReplayable(response(`{"type":"${type}",${given}}`), at)
    return { type, id }
  }

  #nextTokens(firstOfTurn: boolean): CodexTokens {
    const { random, truth } = this.#world
    const output = Math.max(20, Math.round(random.logNormal(380, 0.9)))
    const grown = this.#context + random.integer(100, 3000)
    // A prompt that has nearly the size where the price changes gets exactly that size.
    const atEdge =
      this.#model === LONG_PROMPT_MODEL && Math.abs(grown - EDGES[1]) < 3000 && random.chance(0.5)
    if (atEdge) truth.trap('promptsOnTheEdge')
    const input = atEdge ? random.pick(EDGES) : grown
    // OpenAI's cache works in blocks of 128 tokens.
    const cached = Math.floor(((firstOfTurn ? 0.6 : 0.97) * Math.min(this.#context, input)) / 128) * 128
    this.#context = input + output
    const limit = this.#model === LONG_PROMPT_MODEL ? 330_000 : 230_000
    if (this.#context > limit) this.#context = random.integer(15_000, 40_000)
    return { input, cached, output, reasoning: Math.floor(output * random.next() * 0.7) }
  }

  #count(start: number, last: CodexTokens): number {
    const { random, truth } = this.#world
    let at = start
    this.#total = sum(this.#total, last)
    this.#writeReplayable(tokenCount(this.#total, last, rateLimits(random, at)), at)
    const tokens = {
      input: last.input - last.cached,
      output: last.output,
      cacheRead: last.cached,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      reasoning: last.reasoning,
    }
    truth.call({ agent: 'codex', session: this.#root, at, model: this.#model, tokens, webSearches: 0 })
    if (random.chance(0.08)) {
      // The same numbers once more, only because the limits changed: no new call.
      at += random.integer(200, 3000)
      truth.trap('codexRepeats')
      this.#writeReplayable(tokenCount(this.#total, last, rateLimits(random, at)), at)
    }
    if (this.items.length <= FORK_ITEMS) {
      const running = { total: this.#total, context: this.#context, model: this.#model }
      this.forkPoints.push({ items: this.items.length, running })
    }
    return at
  }

  #write(item: CodexItem, at: number): void {
    writeItem(this.#file, item, at)
  }

  #writeReplayable(item: CodexItem, at: number): void {
    this.#write(item, at)
    if (this.items.length < FORK_ITEMS) this.items.push(item)
  }
}

// Some people begin by handing over a whole repository.
function firstContext({ random }: World): number {
  return random.chance(0.15) ? random.integer(180_000, 260_000) : random.integer(9000, 15_000)
}
