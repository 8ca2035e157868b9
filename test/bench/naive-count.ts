// The independent check of the corpus' truth: reads every line of every file with JSON.parse, keeps everything in
// memory and applies the counting rules in the plainest way. It shares no code with the generator or the daemon,
// and takes its prices from @pydantic/genai-prices, one request at a time. Slow on purpose.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { calcPrice } from '@pydantic/genai-prices'

export interface NaiveCall {
  readonly agent: 'claude-code' | 'codex'
  readonly session: string
  readonly at: string
  readonly model: string
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly reasoning: number
  readonly webSearches: number
}

export interface NaiveCount {
  readonly calls: readonly NaiveCall[]
  /** "agent tool" → times. */
  readonly tools: ReadonlyMap<string, number>
}

/** A parsed line; reading a field that is absent gives an empty one, so that no shape is taken for granted. */
class Json {
  readonly value: unknown
  constructor(value: unknown) {
    this.value = value
  }
  at(...path: string[]): Json {
    let value = this.value
    for (const name of path) {
      value =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
    }
    return new Json(value)
  }
  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined
  }
  get number(): number {
    return typeof this.value === 'number' ? this.value : 0
  }
  get list(): Json[] {
    return Array.isArray(this.value) ? this.value.map((item) => new Json(item)) : []
  }
}

export function naiveCount(home: string): NaiveCount {
  const claude = filesUnder(join(home, '.claude', 'projects')).flatMap(linesOf)
  const codex = ['sessions', 'archived_sessions']
    .map((folder) => join(home, '.codex', folder))
    .filter((folder) => existsSync(folder))
    .flatMap(filesUnder)
    .map(linesOf)
  const tools = new Map<string, number>()
  countTools(tools, 'claude-code', claude.flatMap(claudeToolUses))
  countTools(tools, 'codex', codex.flat().flatMap(codexToolUses))
  return { calls: [...claudeCalls(claude), ...codexCalls(codex)], tools }
}

/** US dollars of one call. */
export function naivePrice(call: NaiveCall): number {
  const cacheWrites = call.cacheWrite5m + call.cacheWrite1h
  const priced = calcPrice(
    {
      input_tokens: call.input + call.cacheRead + cacheWrites,
      output_tokens: call.output,
      cache_read_tokens: call.cacheRead,
      cache_write_tokens: cacheWrites,
      cache_write_1h_tokens: call.cacheWrite1h,
      web_searches: call.webSearches,
    },
    call.model,
    { providerId: call.agent === 'codex' ? 'openai' : 'anthropic', timestamp: new Date(call.at) },
  )
  if (!priced) throw new Error(`no price for ${call.model}`)
  return priced.total_price
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function linesOf(file: string): Json[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => new Json(JSON.parse(line)))
}

function claudeCalls(lines: readonly Json[]): NaiveCall[] {
  const requests = new Map<string, Json[]>()
  const ordinaryIds = new Map<string, string>()
  const answers = lines.filter(
    (line) =>
      line.at('type').text === 'assistant' &&
      line.at('message', 'usage').value !== undefined &&
      line.at('message', 'model').text !== '<synthetic>',
  )
  const keyOf = (line: Json) => `${line.at('message', 'id').text} ${line.at('requestId').text ?? ''}`
  for (const line of answers) {
    if (line.at('isSidechain').value === false) ordinaryIds.set(line.at('message', 'id').text!, keyOf(line))
  }
  for (const line of answers) {
    const sidechain = line.at('isSidechain').value === true
    const key = (sidechain && ordinaryIds.get(line.at('message', 'id').text!)) || keyOf(line)
    requests.set(key, [...(requests.get(key) ?? []), line])
  }
  const rootOf = sessionRoots([...requests.values()])
  return [...requests.values()].map((written) => claudeCall(written, rootOf))
}

function claudeCall(written: readonly Json[], rootOf: (session: string) => string): NaiveCall {
  const time = (line: Json) => line.at('timestamp').text!
  const ordered = [...written].sort((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : 0))
  const [first, last] = [ordered[0]!, ordered.at(-1)!]
  const usage = last.at('message', 'usage')
  return {
    agent: 'claude-code',
    session: rootOf(first.at('sessionId').text!),
    at: time(first),
    model: last.at('message', 'model').text!,
    input: usage.at('input_tokens').number,
    output: usage.at('output_tokens').number,
    cacheRead: usage.at('cache_read_input_tokens').number,
    cacheWrite5m: usage.at('cache_creation', 'ephemeral_5m_input_tokens').number,
    cacheWrite1h: usage.at('cache_creation', 'ephemeral_1h_input_tokens').number,
    reasoning: 0,
    webSearches: usage.at('server_tool_use', 'web_search_requests').number,
  }
}

// Sessions that hold the same request are one session: one was resumed from the other.
function sessionRoots(requests: readonly Json[][]): (session: string) => string {
  const parents = new Map<string, string>()
  const rootOf = (session: string): string => {
    const parent = parents.get(session)
    return parent === undefined ? session : rootOf(parent)
  }
  for (const lines of requests) {
    const roots = new Set(lines.map((line) => rootOf(line.at('sessionId').text!)))
    const [root, ...others] = [...roots]
    for (const other of others) parents.set(other, root!)
  }
  return rootOf
}

function codexCalls(files: readonly Json[][]): NaiveCall[] {
  const forkedFrom = new Map<string, string>()
  const idOf = (file: Json[]) => file[0]!.at('payload', 'id').text!
  for (const file of files) {
    const parent = file[0]!.at('payload', 'forked_from_id').text
    if (parent !== undefined) forkedFrom.set(idOf(file), parent)
  }
  const rootOf = (id: string): string => {
    const parent = forkedFrom.get(id)
    return parent === undefined ? id : rootOf(parent)
  }
  const calls = new Map<string, NaiveCall>()
  for (const file of files) {
    for (const [total, call] of codexFileCalls(file, rootOf(idOf(file)))) {
      const key = `${call.session} ${total}`
      const known = calls.get(key)
      if (known === undefined || call.at < known.at) calls.set(key, call)
    }
  }
  return [...calls.values()]
}

function* codexFileCalls(file: readonly Json[], session: string): Generator<[string, NaiveCall]> {
  let model = 'unknown'
  for (const line of file) {
    if (line.at('type').text === 'turn_context') model = line.at('payload', 'model').text!
    if (line.at('payload', 'type').text !== 'token_count' || line.at('payload', 'info').value === null)
      continue
    const last = line.at('payload', 'info', 'last_token_usage')
    const cacheRead = last.at('cached_input_tokens').number
    const call: NaiveCall = {
      agent: 'codex',
      session,
      at: line.at('timestamp').text!,
      model,
      input: last.at('input_tokens').number - cacheRead,
      output: last.at('output_tokens').number,
      cacheRead,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      reasoning: last.at('reasoning_output_tokens').number,
      webSearches: 0,
    }
    yield [JSON.stringify(line.at('payload', 'info', 'total_token_usage').value), call]
  }
}

function claudeToolUses(line: Json): [string, string][] {
  if (line.at('type').text !== 'assistant') return []
  return line
    .at('message', 'content')
    .list.filter((block) => block.at('type').text === 'tool_use')
    .map((block) => [block.at('id').text!, block.at('name').text!])
}

function codexToolUses(line: Json): [string, string][] {
  const type = line.at('payload', 'type').text
  if (type !== 'function_call' && type !== 'custom_tool_call') return []
  return [[line.at('payload', 'call_id').text!, line.at('payload', 'name').text!]]
}

function countTools(tools: Map<string, number>, agent: string, uses: readonly [string, string][]): void {
  for (const name of new Map(uses).values())
    tools.set(`${agent} ${name}`, (tools.get(`${agent} ${name}`) ?? 0) + 1)
}
