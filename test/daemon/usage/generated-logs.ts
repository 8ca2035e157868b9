// Small generated logs for property tests: Claude Code sessions that stream, resume and branch off, and Codex sessions
// that fork. Ids come from short lists, so that copies and repeats are the rule.
import fc from 'fast-check'

export interface GeneratedFile {
  /** Relative to the home folder. */
  readonly path: string
  readonly lines: readonly string[]
}

const START = Date.parse('2026-03-02T10:00:00Z')
const iso = (minutes: number) => new Date(START + minutes * 60_000).toISOString()
const MODELS = ['claude-opus-4-8', 'modèle-日本', '__proto__']
const TOOLS = ['Read', 'Edit', 'Bash', 'Task', 'TodoWrite', '搜索']

const toolUse = fc.integer({ min: 0, max: 11 }).map((n) => ({
  type: 'tool_use',
  id: `toolu_${n}`,
  name: TOOLS[n % TOOLS.length],
  input: { command: n < 6 ? 'npm test' : 'git commit', file: '/x' },
}))

/** One request of a session: its lines while it streams, told by one file and perhaps copied into others. */
interface ClaudeCall {
  readonly message: number
  readonly request: number | null
  readonly minute: number
  readonly model: string
  readonly outputs: readonly number[]
  readonly tool: object | null
}

const claudeCall: fc.Arbitrary<ClaudeCall> = fc.record({
  message: fc.integer({ min: 0, max: 7 }),
  request: fc.option(fc.integer({ min: 0, max: 1 }), { freq: 5 }),
  minute: fc.integer({ min: 0, max: 90 }),
  model: fc.constantFrom(...MODELS),
  outputs: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 3 }),
  tool: fc.option(toolUse),
})

/** Sessions in a chain: each resumed one begins with copies of some lines of those before it. */
const claudeFiles = fc
  .array(
    fc.record({
      calls: fc.array(claudeCall, { maxLength: 5 }),
      copies: fc.array(fc.nat(30), { maxLength: 6 }),
      replays: fc.array(fc.nat(30), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((sessions) => {
    const told: Record<string, unknown>[] = []
    return sessions.flatMap(({ calls, copies, replays }, n): GeneratedFile[] => {
      const session = `session-${n}`
      const resumed = copies.flatMap((i) => (told.length === 0 ? [] : [told[i % told.length]!]))
      const own = calls.flatMap((call) => claudeLines(call, session))
      const lines = [...resumed.map((line) => ({ ...line, sessionId: session })), ...own]
      const side = replays.flatMap((i) => (own.length === 0 ? [] : [own[i % own.length]!]))
      told.push(...own)
      const agent = side.map((line, i) => ({ ...line, isSidechain: true, requestId: `req_side_${n}_${i}` }))
      return [
        { path: `.claude/projects/p/${session}.jsonl`, lines: lines.map((line) => JSON.stringify(line)) },
        {
          path: `.claude/projects/p/${session}/subagents/agent-1.jsonl`,
          lines: agent.map((line) => JSON.stringify(line)),
        },
      ]
    })
  })

function claudeLines(call: ClaudeCall, session: string): Record<string, unknown>[] {
  const { message, request, minute, model, outputs, tool } = call
  return outputs.map((output, i) => ({
    type: 'assistant',
    sessionId: session,
    message: {
      model,
      id: `msg_${session}_${message}`,
      content: i === outputs.length - 1 && tool !== null ? [tool] : [{ type: 'text', text: 'ünïcode ✓' }],
      stop_reason: null,
      usage: { input_tokens: message, output_tokens: output, cache_creation_input_tokens: minute },
    },
    ...(request === null ? {} : { requestId: `req_${session}_${message}_${request}` }),
    timestamp: iso(minute + i),
  }))
}

interface CodexCall {
  readonly minute: number
  readonly input: number
  readonly repeated: boolean
  readonly model: string
  readonly tool: string | null
}

interface CodexSession {
  readonly parent: number | null
  readonly cut: number
  readonly at: number
  readonly withTurns: boolean
  readonly calls: readonly CodexCall[]
}

const codexCall: fc.Arbitrary<CodexCall> = fc.record({
  minute: fc.integer({ min: 0, max: 90 }),
  input: fc.integer({ min: 1, max: 4 }),
  repeated: fc.boolean(),
  model: fc.constantFrom('gpt-5.5', 'gpt-5.3-codex'),
  tool: fc.option(fc.constantFrom('shell', 'apply_patch')),
})

/** Sessions of which each may fork an earlier one: it replays that one's calls, with or without their turns. */
const codexSession: fc.Arbitrary<CodexSession> = fc.record({
  parent: fc.option(fc.nat(5)),
  cut: fc.nat(5),
  at: fc.integer({ min: -60, max: 200 }),
  withTurns: fc.boolean(),
  calls: fc.array(codexCall, { maxLength: 4 }),
})

const codexFiles = fc.array(codexSession, { minLength: 1, maxLength: 4 }).map(codexFilesOf)

interface CodexHistory {
  readonly id: string
  readonly items: readonly { readonly turn: string | null; readonly lines: readonly Item[] }[]
  readonly total: number
}
type Item = readonly [type: string, payload: Record<string, unknown>]

function codexFilesOf(sessions: readonly CodexSession[]): GeneratedFile[] {
  const known: CodexHistory[] = []
  return sessions.map(({ parent, cut, at, withTurns, calls }, n) => {
    const id = `0199a000-0000-7000-8000-00000000000${n}`
    const from = parent === null || known.length === 0 ? null : known[parent % known.length]!
    const replayed = from === null ? [] : from.items.slice(0, cut)
    let total = replayed.reduce((sum, { lines }) => sum + inputOf(lines), 0)
    const meta: Item = ['session_meta', { id, ...(from === null ? {} : { forked_from_id: from.id }) }]
    const lines = [lineOf(at, meta)]
    for (const { turn, lines: told } of replayed) {
      if (withTurns && turn !== null) lines.push(lineOf(at, ['turn_context', { model: turn }]))
      for (const item of told) lines.push(lineOf(at, item))
    }
    const own = calls.map((call, i) => {
      total += call.input + n * 1000
      const tool: Item[] =
        call.tool === null
          ? []
          : [['response_item', { type: 'function_call', name: call.tool, call_id: `call_${n}_${i}` }]]
      const count: Item = ['event_msg', tokenCount(total, call.input + n * 1000)]
      const item = { turn: call.model, lines: [...tool, count, ...(call.repeated ? [count] : [])] }
      lines.push(lineOf(call.minute, ['turn_context', { model: call.model }]))
      for (const each of item.lines) lines.push(lineOf(call.minute, each))
      return item
    })
    known.push({ id, items: [...replayed, ...own], total })
    return { path: `.codex/sessions/2026/03/02/rollout-2026-03-02T10-00-00-${id}.jsonl`, lines }
  })
}

function inputOf(items: readonly Item[]): number {
  for (const [, { info }] of items) {
    if (info !== undefined)
      return (info as { last_token_usage: { input_tokens: number } }).last_token_usage.input_tokens
  }
  return 0
}

function tokenCount(total: number, last: number): Record<string, unknown> {
  const usage = (input: number) => ({ input_tokens: input, cached_input_tokens: 0, output_tokens: input })
  return { type: 'token_count', info: { total_token_usage: usage(total), last_token_usage: usage(last) } }
}

function lineOf(minute: number, [type, payload]: Item): string {
  return JSON.stringify({ timestamp: iso(minute), type, payload })
}

/** Logs of both agents; files without lines are left out. */
export const generatedLogs: fc.Arbitrary<GeneratedFile[]> = fc
  .tuple(claudeFiles, codexFiles)
  .map(([claude, codex]) => [...claude, ...codex].filter(({ lines }) => lines.length > 0))
