// Reads a usual line of Codex from its bytes. The head of a line says what it is; only what counts is walked further.
import { SHELLS } from '../activity.ts'
import { type Key, keyOfBytes } from '../ledger/hash.ts'
import { countAt, isString, KnownNames, stringAt, timeAt } from './byte-values.ts'
import { ODD, OPEN, plainEnd, startsWith } from './json-bytes.ts'
import { Outline } from './outline.ts'
import { HEAD_BYTES } from './source.ts'

export type Totals = readonly [input: number, cached: number, output: number, reasoning: number]

/** Token counts of one request, and the session's running total; null in logs that do not tell it. */
export interface CodexTokens {
  readonly kind: 'tokens'
  readonly at: number
  readonly total: Totals | null
  readonly last: Totals
}

export interface CodexTool {
  readonly kind: 'tool'
  readonly at: number
  readonly key: Key
  readonly tool: string
  /** A shell's command line. */
  readonly command: string | undefined
}

/** What a line tells. */
export type CodexLine =
  | CodexTokens
  | CodexTool
  | { readonly kind: 'turn'; readonly model: string | null }
  | { readonly kind: 'task' }

type Scanner = (bytes: Buffer, from: number, end: number, now: number) => CodexLine | 'skip' | null

const TIMESTAMP_HEAD = Buffer.from('{"timestamp":"')
const TYPE_HEAD = Buffer.from(',"type":"')
const PAYLOAD_HEAD = Buffer.from(',"payload":{')
const INNER_HEAD = Buffer.from('"type":"')
/** Types of payloads by types of lines: what is not here tells of nothing that counts. */
const EVENT = Buffer.from('event_msg"')
const EVENTS: readonly Kind[] = [kind('token_count', scanTokens), kind('task_started', scanTask)]
const ITEM = Buffer.from('response_item"')
const ITEMS: readonly Kind[] = [
  kind('function_call', scanTool),
  kind('custom_tool_call', scanTool),
  kind('local_shell_call', () => null),
  kind('web_search_call', () => null),
]
const OTHERS: readonly Kind[] = [kind('turn_context', scanTurn), kind('session_meta', () => null)]

interface Kind {
  /** With its closing quote. */
  readonly word: Buffer
  readonly scan: Scanner
}

function kind(word: string, scan: Scanner): Kind {
  return { word: Buffer.from(`${word}"`), scan }
}

const tokens = outline()
const INFO = tokens.plain('payload.info')
const TOTAL = usageOf('payload.info.total_token_usage')
const LAST = usageOf('payload.info.last_token_usage')
const TOKENS_AT = tokens.plain('timestamp')

const tool = outline()
const TOOL_AT = tool.plain('timestamp')
const TOOL_NAME = tool.plain('payload.name')
const CALL_ID = tool.plain('payload.call_id')
const ARGUMENTS = tool.raw('payload.arguments')
const INPUT = tool.raw('payload.input')
const ACTION = tool.raw('payload.action')

const turn = outline()
const MODEL = turn.plain('payload.model')

const task = outline()

const models = new KnownNames('unknown')
const toolNames = new KnownNames('')

/** What the line tells; `skip` if it tells nothing that counts, null if it has to be parsed. */
export function scan(bytes: Buffer, from: number, end: number, now: number): CodexLine | 'skip' | null {
  if (!startsWith(bytes, from, TIMESTAMP_HEAD)) return null
  const typeHead = plainEnd(bytes, from + TIMESTAMP_HEAD.length) + 1
  if (typeHead === 0 || !startsWith(bytes, typeHead, TYPE_HEAD)) return null
  const type = typeHead + TYPE_HEAD.length
  const payloadHead = plainEnd(bytes, type) + 1
  if (payloadHead === 0 || !startsWith(bytes, payloadHead, PAYLOAD_HEAD)) return null
  const innerHead = payloadHead + PAYLOAD_HEAD.length
  // `sort` must see as much, so that both decide alike.
  if (innerHead - from > HEAD_BYTES / 2) return null
  const isEvent = startsWith(bytes, type, EVENT)
  if (!isEvent && !startsWith(bytes, type, ITEM)) return scanAs(OTHERS, type, bytes, from, end, now)
  if (!startsWith(bytes, innerHead, INNER_HEAD)) return null
  return scanAs(isEvent ? EVENTS : ITEMS, innerHead + INNER_HEAD.length, bytes, from, end, now)
}

/** Scans the line as the kind whose name is at `at`. */
function scanAs(
  kinds: readonly Kind[],
  at: number,
  bytes: Buffer,
  from: number,
  end: number,
  now: number,
): CodexLine | 'skip' | null {
  for (const kind of kinds) if (startsWith(bytes, at, kind.word)) return kind.scan(bytes, from, end, now)
  return plainEnd(bytes, at) < 0 ? null : 'skip'
}

function scanTokens(bytes: Buffer, from: number, end: number, now: number): CodexTokens | 'skip' | null {
  if (tokens.walkAlike(bytes, from) !== end) return null
  if (tokens.is(INFO, bytes, NULL) || !tokens.has(INFO)) return 'skip'
  const at = timeAt(bytes, tokens, TOKENS_AT, now)
  const total = totalsAt(bytes, TOTAL)
  const last = totalsAt(bytes, LAST)
  return at === ODD || total === null || last === null ? null : { kind: 'tokens', at, total, last }
}

const NULL = Buffer.from('null')

interface UsageSlots {
  readonly whole: number
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

function usageOf(path: string): UsageSlots {
  return {
    whole: tokens.plain(path),
    input: tokens.plain(`${path}.input_tokens`),
    cached: tokens.plain(`${path}.cached_input_tokens`),
    output: tokens.plain(`${path}.output_tokens`),
    reasoning: tokens.plain(`${path}.reasoning_output_tokens`),
  }
}

function totalsAt(bytes: Buffer, slots: UsageSlots): Totals | null {
  if (!tokens.has(slots.whole) || bytes[tokens.starts[slots.whole]!] !== OPEN) return null
  const input = countAt(bytes, tokens, slots.input)
  const cached = countAt(bytes, tokens, slots.cached)
  const output = countAt(bytes, tokens, slots.output)
  const reasoning = countAt(bytes, tokens, slots.reasoning)
  return input < 0 || cached < 0 || output < 0 || reasoning < 0 ? null : [input, cached, output, reasoning]
}

/** An `action` holds the command in the way of other versions. */
function scanTool(bytes: Buffer, from: number, end: number, now: number): CodexTool | null {
  if (tool.walkAlike(bytes, from) !== end || tool.has(ACTION)) return null
  const at = timeAt(bytes, tool, TOOL_AT, now)
  if (at === ODD || !isString(bytes, tool, TOOL_NAME) || !isString(bytes, tool, CALL_ID)) return null
  const name = toolNames.at(bytes, tool, TOOL_NAME)
  const command = SHELLS.test(name) ? commandAt(bytes) : undefined
  if (name === '' || command === null) return null
  const key = keyOfBytes('codex ', bytes, tool.starts[CALL_ID]! + 1, tool.ends[CALL_ID]! - 1)
  return { kind: 'tool', at, key, tool: name, command }
}

/** Null if it is not plainly a string. */
function commandAt(bytes: Buffer): string | null | undefined {
  for (const slot of [ARGUMENTS, INPUT]) if (isString(bytes, tool, slot)) return stringAt(bytes, tool, slot)
  return undefined
}

function scanTurn(bytes: Buffer, from: number, end: number): CodexLine | null {
  if (turn.walkAlike(bytes, from) !== end || !isString(bytes, turn, MODEL)) return null
  return { kind: 'turn', model: models.at(bytes, turn, MODEL) }
}

function scanTask(bytes: Buffer, from: number, end: number): CodexLine | null {
  return task.walkAlike(bytes, from) === end ? { kind: 'task' } : null
}

/** Asks for what the head has told, so that a second telling makes the line odd. */
function outline(): Outline {
  const made = new Outline()
  for (const path of ['type', 'payload.type']) made.plain(path)
  return made
}
