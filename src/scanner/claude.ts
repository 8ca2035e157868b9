// A line of Claude Code; the rules are those of src/daemon/usage/sources/claude-code.ts.
import { ENOUGH, isWord, lineEnd, ODD, plainEnd, QUOTE, startsWith } from './bytes'
import { beginBlocks, blockEnd, PREFIX, tools } from './claude-blocks'
import { begin, CALL, CALL_BYTES, end as endRecord, next, TOOL_BYTES, writeLine, writeSpan } from './found'
import {
  beginLine,
  blankEnd,
  CLOSE,
  isUnusual,
  listEnd,
  OPEN,
  OPEN_LIST,
  objectEnd,
  plainValueEnd,
  stringAt,
  valueEnd,
} from './json'
import { countEnd, counted, hash, hashLast, keyA, keyB, LAST_BYTES, timed, timeEnd } from './values'

/** What the head of a line may decide lies in its first bytes: HEAD_BYTES of source.ts. */
const HEAD_BYTES: usize = 400

const TYPE: u32 = 1
const TIMESTAMP: u32 = 2
const REQUEST: u32 = 4
const SESSION: u32 = 8
const UUID: u32 = 16
const SIDECHAIN: u32 = 32
const MODEL: u32 = 64
const ID: u32 = 128
const CONTENT: u32 = 256
const USAGE: u32 = 512
const INPUT: u32 = 1024
const OUTPUT: u32 = 2048
const CACHE_READ: u32 = 4096
const CACHE_WRITTEN: u32 = 8192
const CACHE_SPLIT: u32 = 16384
const WRITTEN_1H: u32 = 32768
const WRITTEN_5M: u32 = 65536
const SERVER_TOOLS: u32 = 131072
const SEARCHES: u32 = 262144
const MESSAGE: u32 = 524288

/** Which fields the line had. Of two with one name JSON.parse takes the last: such a line is parsed. */
let seen: u32 = 0
let now: f64 = 0
let lineFrom: usize = 0
let isAssistant: bool = false
let isSidechain: bool = false
/** A string's quotes are part of it; 0 where it is no string. */
let timestamp: usize = 0
let request: usize = 0
let requestEnd: usize = 0
let session: usize = 0
let sessionEnd: usize = 0
let uuid: usize = 0
let uuidEnd: usize = 0
let id: usize = 0
let idEnd: usize = 0
let model: usize = 0
let modelEnd: usize = 0
let input: u32 = 0
let output: u32 = 0
let cacheRead: u32 = 0
let written: u32 = 0
let written1h: u32 = 0
let written5m: u32 = 0
let searches: u32 = 0
const lastMessage = memory.data(LAST_BYTES)
const lastSession = memory.data(LAST_BYTES)

/** Looks at the line at `from` and says where its line feed is. */
export function claudeLine(from: usize, time: f64): usize {
  now = time
  lineFrom = from
  seen = 0
  timestamp = request = session = uuid = id = model = 0
  isAssistant = isSidechain = false
  input = output = cacheRead = written = written1h = written5m = searches = 0
  beginBlocks()
  beginLine()
  const walked = objectEnd(from, lineField)
  if (walked === ENOUGH) {
    const end = lineEnd(from)
    // Whether it is an object at all is for the reader to say.
    if (load<u8>(end - 1) !== CLOSE) writeLine(from, end)
    return end
  }
  const end = walked === ODD ? lineEnd(from) : lineEnd(walked)
  if (walked === ODD || blankEnd(walked) !== end || !tell()) writeLine(from, end)
  return end
}

/** False if the line has to be parsed. */
function tell(): bool {
  if (!isAssistant || !(seen & USAGE)) return true
  if (model !== 0 && isWord(model, modelEnd - model, '"<synthetic>"')) return true
  if (timestamp === 0 || timeEnd(timestamp, now) === ODD) return false
  if (model === 0 || !(seen & (INPUT | OUTPUT))) return false
  const key = id !== 0 ? id : request !== 0 ? request : uuid
  const keyEnd = id !== 0 ? idEnd : request !== 0 ? requestEnd : uuidEnd
  if (key === 0) return false
  begin(CALL)
  hashLast(lastMessage, PREFIX, key + 1, keyEnd - key - 2)
  store<u32>(next, keyA, 8)
  store<u32>(next, keyB, 12)
  if (session !== 0) hashLast(lastSession, PREFIX, session + 1, sessionEnd - session - 2)
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  const isReplay = request === 0 || isSidechain
  if (!isReplay) hash('', request + 1, requestEnd - request - 2)
  store<u32>(next, isReplay ? 0 : keyA, 24)
  store<u32>(next, (isReplay ? 1 : 0) | (session !== 0 ? 2 : 0), 28)
  store<f64>(next, timed, 32)
  writeSpan(next + 40, model + 1, modelEnd - 1)
  store<u32>(next, input, 48)
  store<u32>(next, output, 52)
  store<u32>(next, cacheRead, 56)
  const rest = written > written1h ? written - written1h : 0
  store<u32>(next, max(written5m, rest), 60)
  store<u32>(next, written1h, 64)
  store<u32>(next, searches, 68)
  store<u32>(next, tools, 72)
  endRecord(CALL_BYTES + TOOL_BYTES * <usize>tools)
  return true
}

/** Whether the line had no such field before. */
function isFirst(field: u32): bool {
  if (seen & field) return false
  seen |= field
  return true
}

function lineField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) return isFirst(TYPE) ? typeEnd(at) : ODD
  if (isWord(key, length, 'message')) {
    if (!isFirst(MESSAGE)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, messageField) : plainValueEnd(at)
  }
  if (isWord(key, length, 'uuid')) {
    if (!isFirst(UUID)) return ODD
    uuid = stringAt(at)
    uuidEnd = plainValueEnd(at)
    return uuidEnd
  }
  if (isWord(key, length, 'timestamp')) {
    if (!isFirst(TIMESTAMP)) return ODD
    timestamp = stringAt(at)
    return plainValueEnd(at)
  }
  if (isWord(key, length, 'requestId')) {
    if (!isFirst(REQUEST)) return ODD
    request = stringAt(at)
    requestEnd = plainValueEnd(at)
    return requestEnd
  }
  if (isWord(key, length, 'sessionId')) {
    if (!isFirst(SESSION)) return ODD
    session = stringAt(at)
    sessionEnd = plainValueEnd(at)
    return sessionEnd
  }
  if (isWord(key, length, 'isSidechain')) {
    if (!isFirst(SIDECHAIN)) return ODD
    isSidechain = startsWith(at, 'true')
  }
  return valueEnd(at)
}

/** A usual head decides by itself, as `sort` of claude-code.ts does. */
function typeEnd(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return valueEnd(at)
  const quote = plainEnd(at + 1)
  if (quote === ODD) return ODD
  isAssistant = isWord(at, quote + 1 - at, '"assistant"')
  const isHead = !isUnusual && !(seen & MESSAGE) && quote + 1 - lineFrom <= HEAD_BYTES
  return isAssistant || !isHead ? quote + 1 : ENOUGH
}

function messageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'content')) {
    if (!isFirst(CONTENT)) return ODD
    return load<u8>(at) === OPEN_LIST ? listEnd(at, blockEnd) : valueEnd(at)
  }
  if (isWord(key, length, 'usage')) {
    if (!isFirst(USAGE)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, usageField) : plainValueEnd(at)
  }
  if (isWord(key, length, 'model')) {
    if (!isFirst(MODEL)) return ODD
    model = stringAt(at)
    modelEnd = plainValueEnd(at)
    return modelEnd
  }
  if (isWord(key, length, 'id')) {
    if (!isFirst(ID)) return ODD
    id = stringAt(at)
    idEnd = plainValueEnd(at)
    return idEnd
  }
  return valueEnd(at)
}

function usageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'input_tokens')) {
    if (!isFirst(INPUT)) return ODD
    const end = countEnd(at)
    input = counted
    return end
  }
  if (isWord(key, length, 'output_tokens')) {
    if (!isFirst(OUTPUT)) return ODD
    const end = countEnd(at)
    output = counted
    return end
  }
  if (isWord(key, length, 'cache_read_input_tokens')) {
    if (!isFirst(CACHE_READ)) return ODD
    const end = countEnd(at)
    cacheRead = counted
    return end
  }
  if (isWord(key, length, 'cache_creation_input_tokens')) {
    if (!isFirst(CACHE_WRITTEN)) return ODD
    const end = countEnd(at)
    written = counted
    return end
  }
  if (isWord(key, length, 'cache_creation')) {
    if (!isFirst(CACHE_SPLIT)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, splitField) : valueEnd(at)
  }
  if (isWord(key, length, 'server_tool_use')) {
    if (!isFirst(SERVER_TOOLS)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, serverToolField) : valueEnd(at)
  }
  return valueEnd(at)
}

function splitField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'ephemeral_5m_input_tokens')) {
    if (!isFirst(WRITTEN_5M)) return ODD
    const end = countEnd(at)
    written5m = counted
    return end
  }
  if (isWord(key, length, 'ephemeral_1h_input_tokens')) {
    if (!isFirst(WRITTEN_1H)) return ODD
    const end = countEnd(at)
    written1h = counted
    return end
  }
  return valueEnd(at)
}

function serverToolField(key: usize, length: usize, at: usize): usize {
  if (!isWord(key, length, 'web_search_requests')) return valueEnd(at)
  if (!isFirst(SEARCHES)) return ODD
  const end = countEnd(at)
  searches = counted
  return end
}
