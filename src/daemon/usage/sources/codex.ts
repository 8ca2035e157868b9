// Codex's rollout files: an envelope {timestamp, type, payload} a line; a request is told by the `token_count` event
// behind it. docs/log-formats.md describes the format; each rule has a fixture of its name in test/daemon/usage/fixtures.
import { join, resolve } from 'node:path'
import type { Surroundings } from '../../../contract/paths.ts'
import { addCall, NEW_TURN, type Turn, tellActivity, useTool } from '../activity.ts'
import { type CallNumbers, type CallSeen, earliest, type UsageEvent } from '../event.ts'
import { type Key, keyOf } from '../ledger/hash.ts'
import { type CodexLine, type CodexTokens, type CodexTool, codexLine, type Totals } from './codex-found.ts'
import { count, type Fields, fieldsOf, isFields, name, orRejected, Rejected, string, time } from './fields.ts'
import type { Folder, LineContext, Source, Told, Verdict } from './source.ts'

export interface CodexMemory {
  readonly session: Key
  /** Whether the file named its session itself; until then it is the one of the file's name. */
  readonly named: boolean
  readonly model: string | null
  /** Whether the session came from another, whose items its file may begin with. */
  readonly forked: boolean
  /** Running totals told last, for logs that tell nothing else. */
  readonly total: Totals
  readonly turn: Turn
  /** Calls told before any model was, as in the replay at the head of a fork. */
  readonly nameless: readonly CallSeen[]
}

const NO_MODEL = 'unknown'
const NAMELESS_CAP = 200
const NOBODY: CodexMemory['nameless'] = []
/** Lines whose first key order is the usual one and that are of no interest; anything else is parsed. */
const USUAL_HEAD =
  /^\s*\{\s*"timestamp"\s*:\s*"[^"]*"\s*,\s*"type"\s*:\s*"([^"\\]*)"\s*,\s*"payload"\s*:\s*\{\s*"(?:type"\s*:\s*"([^"\\]*)")?/
const TOLD_BY_EVENT = new Set(['token_count', 'task_started'])
const TOLD_BY_ITEM = new Set(['function_call', 'custom_tool_call', 'local_shell_call', 'web_search_call'])

export const codex: Source<CodexMemory> = {
  agent: 'codex',
  sessionOf: (path) => path,
  marker: '"payload"',
  sort,
  folders,
  isLog: (path) => /(^|\/)rollout-[^/]*\.jsonl$/.test(path),
  begin: (path) => ({
    session: keyOf(`codex ${/([0-9a-f-]{36})\.jsonl$/.exec(path)?.[1] ?? path}`),
    named: false,
    model: null,
    forked: false,
    total: [0, 0, 0, 0],
    turn: NEW_TURN,
    nameless: [],
  }),
  read: (line, memory, context) => orRejected(memory, () => toldOfLine(fieldsOf(line), memory, context)),
  scan: { form: 'codex', told: (found, memory) => told(codexLine(found), memory) },
}

function sort(head: string): Verdict {
  const usual = USUAL_HEAD.exec(head)
  if (usual === null) return 'search'
  const [, type, told] = usual
  if (type === 'event_msg') return told === undefined || TOLD_BY_EVENT.has(told) ? 'read' : 'skip'
  if (type === 'response_item') return told === undefined || TOLD_BY_ITEM.has(told) ? 'read' : 'skip'
  return type === 'turn_context' || type === 'session_meta' ? 'read' : 'skip'
}

function folders({ env, home }: Surroundings): Folder[] {
  const own = env['CODEX_HOME']
  const origin = own === undefined || own === '' ? 'default' : 'environment'
  const root = own === undefined || own === '' ? join(home, '.codex') : own
  return ['sessions', 'archived_sessions'].map((folder) => ({ path: resolve(root, folder), origin }))
}

function toldOfLine(line: Fields, memory: CodexMemory, { now }: LineContext): Told<CodexMemory> {
  const { type, payload } = line
  if (!isFields(payload)) return { memory, events: [] }
  if (type === 'session_meta') return toldOfSession(payload, memory)
  const scanned = lineOf(line, payload, memory, now)
  return scanned === null ? { memory, events: [] } : told(scanned, memory)
}

/** What a line tells, null if nothing that counts. */
function lineOf(line: Fields, payload: Fields, memory: CodexMemory, now: number): CodexLine | null {
  const { type } = line
  if (type === 'turn_context') return turnOf(payload, memory)
  if (type === 'response_item') return toolOf(line, payload, memory, now)
  if (type !== 'event_msg') return null
  if (payload['type'] === 'task_started') return { kind: 'task' }
  return payload['type'] === 'token_count' ? tokensOf(line, payload, memory, now) : null
}

function told(line: CodexLine, memory: CodexMemory): Told<CodexMemory> {
  switch (line.kind) {
    case 'tokens':
      return toldOfTokens(line, memory)
    case 'tool':
      return toldOfTool(line, memory)
    case 'turn':
      return toldOfTurn(line.model, memory)
    case 'task':
      return { memory: after(memory, NEW_TURN), events: [] }
  }
}

/** The first one names the file's session; a fork's file repeats those of its ancestors. */
function toldOfSession(payload: Fields, memory: CodexMemory): Told<CodexMemory> {
  const id = string(payload['id'])
  const spawned = path(payload, 'source', 'subagent', 'thread_spawn', 'parent_thread_id')
  const parents = [string(payload['forked_from_id']), string(spawned)]
  const session = id === undefined || memory.named ? memory.session : keyOf(`codex ${id}`)
  if (memory.named) parents.push(id)
  const events = parents
    .filter((parent) => parent !== undefined)
    .map((parent): UsageEvent => ({ kind: 'link', session, parent: keyOf(`codex ${parent}`) }))
  const forked = memory.forked || events.length > 0
  const { model, total, turn, nameless } = memory
  const named = memory.named || id !== undefined
  return { memory: { session, named, model, forked, total, turn, nameless }, events }
}

function turnOf(payload: Fields, memory: CodexMemory): CodexLine {
  const model = payload['model'] === undefined ? memory.model : name(payload['model'], NO_MODEL)
  return { kind: 'turn', model }
}

function toldOfTurn(model: string | null, memory: CodexMemory): Told<CodexMemory> {
  const events =
    model === null
      ? []
      : memory.nameless.map((call) => ({ ...call, model, rank: earliest(call.at, 'assumed') }))
  const nameless = model === null ? memory.nameless : []
  const { session, named, forked, total } = memory
  return { memory: { session, named, model, forked, total, turn: NEW_TURN, nameless }, events }
}

function toolOf(line: Fields, payload: Fields, memory: CodexMemory, now: number): CodexTool | null {
  const kind = string(payload['type'])
  if (kind === undefined || !TOLD_BY_ITEM.has(kind)) return null
  const at = time(line['timestamp'], now)
  const tool = typeof payload['name'] === 'string' ? name(payload['name'], kind) : kind.replace(/_call$/, '')
  const id =
    string(payload['call_id']) ?? string(payload['id']) ?? `${memory.session.a} ${memory.session.b} ${at}`
  return { kind: 'tool', at, key: keyOf(`codex ${id}`), tool, command: commandOf(payload) }
}

function toldOfTool({ at, key, tool, command }: CodexTool, memory: CodexMemory): Told<CodexMemory> {
  const turn = useTool(memory.turn, tool, command)
  return {
    memory: after(memory, turn),
    events: [{ kind: 'tool', key, at, tool }, ...activities(memory, turn)],
  }
}

function tokensOf(line: Fields, payload: Fields, memory: CodexMemory, now: number): CodexTokens | null {
  const { info } = payload
  if (info === null || info === undefined) return null
  if (!isFields(info)) throw new Rejected('info is not an object')
  const at = time(line['timestamp'], now)
  const running = info['total_token_usage']
  const total = isFields(running) ? totalsOf(running) : null
  const last = lastOf(info, total, memory)
  return { kind: 'tokens', at, key: keyOf(`codex ${idOf(at, total, last, memory.session)}`), total, last }
}

function toldOfTokens({ at, key, total, last }: CodexTokens, memory: CodexMemory): Told<CodexMemory> {
  const running = total ?? memory.total
  const [input, cached, output, reasoning] = last
  const isEmpty = input === 0 && cached === 0 && output === 0 && reasoning === 0
  if (isEmpty) return { memory: after(memory, memory.turn, running), events: [] }
  const call: CallSeen = {
    kind: 'call',
    key,
    apart: 'family',
    session: memory.session,
    at,
    rank: earliest(at, memory.model === null ? 'unknown' : 'told'),
    model: memory.model ?? NO_MODEL,
    numbers: numbersOf(last),
  }
  const turn = addCall(memory.turn, call)
  const nameless = memory.model === null ? [...memory.nameless, call].slice(-NAMELESS_CAP) : NOBODY
  return {
    memory: after(memory, turn, running, nameless),
    events: [call, ...activities(memory, turn)],
  }
}

/** The memory after a line. Key by key: made by spreading, each costs V8 a call, and the objects are of several shapes. */
function after(
  memory: CodexMemory,
  turn: Turn,
  total: Totals = memory.total,
  nameless: CodexMemory['nameless'] = memory.nameless,
): CodexMemory {
  const { session, named, model, forked } = memory
  return { session, named, model, forked, total, turn, nameless }
}

/** A replay has its parent's totals. */
function idOf(at: number, total: Totals | null, last: Totals, { a, b }: Key): string {
  const [input, cached, output, reasoning] = last
  const own = `${input} ${cached} ${output} ${reasoning}`
  return total === null
    ? `${a} ${b} ${at} ${own}`
    : `${total[0]} ${total[1]} ${total[2]} ${total[3]} / ${own}`
}

/** A replay at the head of a fork may leave out where turns begin: what they were for the parent's own log knows. */
function activities({ forked, model, turn, session }: CodexMemory, after: Turn): readonly UsageEvent[] {
  return forked && model === null ? [] : tellActivity(turn, after, session)
}

/** The request's own usage; logs of early versions tell only the running total. */
function lastOf(info: Fields, total: Totals | null, memory: CodexMemory): Totals {
  const last = info['last_token_usage']
  if (isFields(last)) return totalsOf(last)
  if (total === null) throw new Rejected('no token counts')
  return total.map((value, i) => Math.max(0, value - memory.total[i]!)) as unknown as Totals
}

function totalsOf(usage: Fields): Totals {
  return [
    count(usage['input_tokens']),
    count(usage['cached_input_tokens']),
    count(usage['output_tokens']),
    count(usage['reasoning_output_tokens']),
  ]
}

/** The log's input includes what was read from the cache; ours does not. */
function numbersOf([input, cached, output, reasoning]: Totals): CallNumbers {
  const cacheRead = Math.min(cached, input)
  return {
    input: input - cacheRead,
    output,
    cacheRead,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    reasoning: Math.min(reasoning, output),
    webSearches: 0,
  }
}

/** The command line of a shell call, wherever this version puts it. */
function commandOf(payload: Fields): string | undefined {
  const action = path(payload, 'action', 'command')
  if (Array.isArray(action)) return action.filter((word) => typeof word === 'string').join(' ')
  return string(payload['arguments']) ?? string(payload['input'])
}

function path(fields: Fields, ...keys: readonly string[]): unknown {
  let value: unknown = fields
  for (const key of keys) {
    if (!isFields(value)) return undefined
    value = value[key]
  }
  return value
}
