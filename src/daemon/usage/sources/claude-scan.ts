// Reads a usual line of Claude Code from its bytes. What was said and done is most of a line, and is passed over in jumps.
import { SHELLS } from '../activity.ts'
import { type CallNumbers, type CallSeen, latest } from '../event.ts'
import { type Key, keyOf, keyOfBytes } from '../ledger/hash.ts'
import { countAt, isString, KnownNames, LastKey, stringAt, timeAt } from './byte-values.ts'
import {
  CLOSE_LIST,
  COMMA,
  ODD,
  OPEN,
  OPEN_LIST,
  plainEnd,
  QUOTE,
  startsWith,
  valueEnd,
} from './json-bytes.ts'
import { Outline } from './outline.ts'
import { HEAD_BYTES } from './source.ts'

/** What a line tells of a call. */
export interface ClaudeLine {
  readonly call: CallSeen
  readonly tools: readonly ClaudeTool[]
}

export interface ClaudeTool {
  readonly key: Key
  readonly tool: string
  /** A shell's command line. */
  readonly command: string | undefined
}

/** Ends the walk over a line of another type. */
const OTHER = -2
/** Bytes of the head that are left to the type itself. */
const TYPE_ROOM = 64
const PREFIX = 'claude-code '
const ASSISTANT = Buffer.from('"assistant"')
const SYNTHETIC = Buffer.from('"<synthetic>"')
const TOOL_USE = Buffer.from('"tool_use"')
const SERVER_TOOL_USE = Buffer.from('"server_tool_use"')
const TRUE = Buffer.from('true')

const line = new Outline()
const TYPE = line.read('type', typeEnd)
const TIMESTAMP = line.plain('timestamp')
const REQUEST = line.plain('requestId')
const SESSION = line.plain('sessionId')
const LINE_ID = line.plain('uuid')
const SIDECHAIN = line.plain('isSidechain')
const MODEL = line.plain('message.model')
const MESSAGE_ID = line.plain('message.id')
line.read('message.content', contentEnd)
const USAGE = line.plain('message.usage')
const INPUT = line.plain('message.usage.input_tokens')
const OUTPUT = line.plain('message.usage.output_tokens')
const CACHE_READ = line.plain('message.usage.cache_read_input_tokens')
const CACHE_WRITTEN = line.plain('message.usage.cache_creation_input_tokens')
const WRITTEN_1H = line.plain('message.usage.cache_creation.ephemeral_1h_input_tokens')
const WRITTEN_5M = line.plain('message.usage.cache_creation.ephemeral_5m_input_tokens')
const SEARCHES = line.plain('message.usage.server_tool_use.web_search_requests')

const block = new Outline()
const BLOCK_TYPE = block.plain('type')
const TOOL_ID = block.plain('id')
const TOOL_NAME = block.plain('name')
const COMMAND = block.raw('input.command')

const models = new KnownNames('unknown')
const toolNames = new KnownNames('unknown')
const messages = new LastKey(PREFIX)
const sessions = new LastKey(PREFIX)
/** The tools of the line that is being walked. */
let tools: ClaudeTool[] = []

/** What the line tells; `skip` if it tells of no call, null if it has to be parsed. `session` is that of lines that name none. */
export function scan(
  bytes: Buffer,
  from: number,
  end: number,
  session: string,
  now: number,
): ClaudeLine | 'skip' | null {
  tools = []
  const walked = line.walkAlike(bytes, from)
  if (walked === OTHER) return isHead(bytes, from, line.starts[TYPE]!) ? 'skip' : null
  if (walked !== end || !line.has(TYPE)) return null
  if (!line.has(USAGE) || line.is(MODEL, bytes, SYNTHETIC)) return 'skip'
  const at = timeAt(bytes, line, TIMESTAMP, now)
  const key = messageKey(bytes)
  const numbers = numbersOf(bytes)
  if (at === ODD || key === null || numbers === null || !isString(bytes, line, MODEL)) return null
  return {
    call: {
      kind: 'call',
      key,
      apart: apartOf(bytes),
      session: isString(bytes, line, SESSION)
        ? sessions.at(bytes, line, SESSION)
        : keyOf(`${PREFIX}${session}`),
      at,
      rank: latest(at),
      model: models.at(bytes, line, MODEL),
      numbers,
    },
    tools,
  }
}

function messageKey(bytes: Buffer): Key | null {
  if (isString(bytes, line, MESSAGE_ID)) return messages.at(bytes, line, MESSAGE_ID)
  const slot = isString(bytes, line, REQUEST) ? REQUEST : LINE_ID
  return isString(bytes, line, slot) ? messages.at(bytes, line, slot) : null
}

function apartOf(bytes: Buffer): number | 'replay' {
  if (!isString(bytes, line, REQUEST) || line.is(SIDECHAIN, bytes, TRUE)) return 'replay'
  return keyOfBytes('', bytes, line.starts[REQUEST]! + 1, line.ends[REQUEST]! - 1).a
}

function numbersOf(bytes: Buffer): CallNumbers | null {
  if (!line.has(INPUT) && !line.has(OUTPUT)) return null
  const input = countAt(bytes, line, INPUT)
  const output = countAt(bytes, line, OUTPUT)
  const cacheRead = countAt(bytes, line, CACHE_READ)
  const written = countAt(bytes, line, CACHE_WRITTEN)
  const cacheWrite1h = countAt(bytes, line, WRITTEN_1H)
  const written5m = countAt(bytes, line, WRITTEN_5M)
  const webSearches = countAt(bytes, line, SEARCHES)
  const isOdd = Math.min(input, output, cacheRead, written, cacheWrite1h, written5m, webSearches) < 0
  if (isOdd) return null
  const cacheWrite5m = Math.max(written5m, written - cacheWrite1h)
  return { input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning: 0, webSearches }
}

/** Whether all pairs up to `end` are flat and lie in what `sort` sees: then the type behind them decides there too. */
function isHead(bytes: Buffer, from: number, end: number): boolean {
  if (end - from > HEAD_BYTES - TYPE_ROOM) return false
  const object = bytes.indexOf(OPEN, from + 1)
  const list = bytes.indexOf(OPEN_LIST, from + 1)
  return (object < 0 || object > end) && (list < 0 || list > end)
}

function typeEnd(bytes: Buffer, at: number): number {
  if (startsWith(bytes, at, ASSISTANT)) return at + ASSISTANT.length
  return bytes[at] === QUOTE && plainEnd(bytes, at + 1) >= 0 ? OTHER : ODD
}

/** Walks the blocks of the message, and keeps its tools. */
function contentEnd(bytes: Buffer, open: number): number {
  tools = []
  if (bytes[open] !== OPEN_LIST) return valueEnd(bytes, open)
  if (bytes[open + 1] === CLOSE_LIST) return open + 2
  let at = open
  do {
    at = block.walk(bytes, at + 1)
    if (at < 0 || !keepTool(bytes)) return ODD
  } while (bytes[at] === COMMA)
  return bytes[at] === CLOSE_LIST ? at + 1 : ODD
}

/** False if the block may be a tool call of which not everything can be told. */
function keepTool(bytes: Buffer): boolean {
  if (!block.is(BLOCK_TYPE, bytes, TOOL_USE) && !block.is(BLOCK_TYPE, bytes, SERVER_TOOL_USE)) return true
  if (!isString(bytes, block, TOOL_ID) || !isString(bytes, block, TOOL_NAME)) return false
  const key = keyOfBytes(PREFIX, bytes, block.starts[TOOL_ID]! + 1, block.ends[TOOL_ID]! - 1)
  const tool = toolNames.at(bytes, block, TOOL_NAME)
  if (!SHELLS.test(tool) || !isString(bytes, block, COMMAND)) {
    tools.push({ key, tool, command: undefined })
    return true
  }
  const command = stringAt(bytes, block, COMMAND)
  if (command !== null) tools.push({ key, tool, command })
  return command !== null
}
