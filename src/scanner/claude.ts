// A line of Claude Code; the rules are those of src/daemon/usage/sources/claude-code.ts.
import { ENOUGH, HEAD_BYTES, isWord, ODD, plainEnd, QUOTE, startsWith } from './bytes'
import { beginBlocks, blockEnd, PREFIX, tools } from './claude-blocks'
import { begin, CALL, CALL_BYTES, end, next, TOOL_BYTES, writeSpan } from './found'
import { beginLine, isUnusual, listEnd, OPEN, OPEN_LIST, objectEnd, valueEnd } from './json'
import {
  charactersOf,
  countOf,
  forget,
  has,
  isFirst,
  isString,
  isText,
  keepCount,
  keepPlain,
  lengthOf,
  stringAt,
  stringEndOf,
} from './slots'
import { hash, hashLast, keyA, keyB, LAST_BYTES, timed, timeEnd } from './values'

const TYPE: u32 = 0
const TIMESTAMP: u32 = 1
const REQUEST: u32 = 2
const SESSION: u32 = 3
const UUID: u32 = 4
const SIDECHAIN: u32 = 5
const MESSAGE: u32 = 6
const MODEL: u32 = 7
const ID: u32 = 8
const CONTENT: u32 = 9
const USAGE: u32 = 10
const INPUT: u32 = 11
const OUTPUT: u32 = 12
const CACHE_READ: u32 = 13
const CACHE_WRITTEN: u32 = 14
const CACHE_SPLIT: u32 = 15
const WRITTEN_1H: u32 = 16
const WRITTEN_5M: u32 = 17
const SERVER_TOOLS: u32 = 18
const SEARCHES: u32 = 19
const FIELDS_END: u32 = 20

let lineFrom: usize = 0
let isAssistant: bool = false
let isSidechain: bool = false
const lastMessage = memory.data(LAST_BYTES)
const lastSession = memory.data(LAST_BYTES)

/** Position behind the object at `from`; ENOUGH where its head says already that it tells nothing. */
export function walkClaude(from: usize): usize {
  lineFrom = from
  isAssistant = isSidechain = false
  forget(TYPE, FIELDS_END)
  beginBlocks()
  beginLine()
  return objectEnd(from, lineField)
}

/** Tells what was walked; false if it has to be parsed. */
export function tellClaude(now: f64): bool {
  if (!isAssistant || !has(USAGE)) return true
  if (isText(MODEL, '<synthetic>')) return true
  if (!isString(TIMESTAMP) || timeEnd(stringAt(TIMESTAMP), now) === ODD) return false
  if (!isString(MODEL) || !(has(INPUT) || has(OUTPUT))) return false
  const key = isString(ID) ? ID : isString(REQUEST) ? REQUEST : UUID
  if (!isString(key)) return false
  begin(CALL)
  hashLast(lastMessage, PREFIX, charactersOf(key), lengthOf(key))
  store<u32>(next, keyA, 8)
  store<u32>(next, keyB, 12)
  const hasSession = isString(SESSION)
  if (hasSession) hashLast(lastSession, PREFIX, charactersOf(SESSION), lengthOf(SESSION))
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  const isReplay = !isString(REQUEST) || isSidechain
  if (!isReplay) hash('', charactersOf(REQUEST), lengthOf(REQUEST))
  store<u32>(next, isReplay ? 0 : keyA, 24)
  store<u32>(next, (isReplay ? 1 : 0) | (hasSession ? 2 : 0), 28)
  store<f64>(next, timed, 32)
  writeSpan(next + 40, charactersOf(MODEL), stringEndOf(MODEL) - 1)
  store<u32>(next, countOf(INPUT), 48)
  store<u32>(next, countOf(OUTPUT), 52)
  store<u32>(next, countOf(CACHE_READ), 56)
  const written = countOf(CACHE_WRITTEN)
  const written1h = countOf(WRITTEN_1H)
  const rest = written > written1h ? written - written1h : 0
  store<u32>(next, max(countOf(WRITTEN_5M), rest), 60)
  store<u32>(next, written1h, 64)
  store<u32>(next, countOf(SEARCHES), 68)
  store<u32>(next, tools, 72)
  end(CALL_BYTES + TOOL_BYTES * <usize>tools)
  return true
}

function lineField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) return isFirst(TYPE) ? typeEnd(at) : ODD
  if (isWord(key, length, 'message')) {
    if (!isFirst(MESSAGE)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, messageField) : valueEnd(at)
  }
  if (isWord(key, length, 'uuid')) return keepPlain(UUID, at)
  if (isWord(key, length, 'timestamp')) return keepPlain(TIMESTAMP, at)
  if (isWord(key, length, 'requestId')) return keepPlain(REQUEST, at)
  if (isWord(key, length, 'sessionId')) return keepPlain(SESSION, at)
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
  const isHead = !isUnusual && !has(MESSAGE) && quote + 1 - lineFrom <= HEAD_BYTES
  return isAssistant || !isHead ? quote + 1 : ENOUGH
}

function messageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'content')) {
    if (!isFirst(CONTENT)) return ODD
    return load<u8>(at) === OPEN_LIST ? listEnd(at, blockEnd) : valueEnd(at)
  }
  if (isWord(key, length, 'usage')) {
    if (!isFirst(USAGE)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, usageField) : valueEnd(at)
  }
  if (isWord(key, length, 'model')) return keepPlain(MODEL, at)
  return isWord(key, length, 'id') ? keepPlain(ID, at) : valueEnd(at)
}

function usageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'input_tokens')) return keepCount(INPUT, at)
  if (isWord(key, length, 'output_tokens')) return keepCount(OUTPUT, at)
  if (isWord(key, length, 'cache_read_input_tokens')) return keepCount(CACHE_READ, at)
  if (isWord(key, length, 'cache_creation_input_tokens')) return keepCount(CACHE_WRITTEN, at)
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
  if (isWord(key, length, 'ephemeral_5m_input_tokens')) return keepCount(WRITTEN_5M, at)
  return isWord(key, length, 'ephemeral_1h_input_tokens') ? keepCount(WRITTEN_1H, at) : valueEnd(at)
}

function serverToolField(key: usize, length: usize, at: usize): usize {
  return isWord(key, length, 'web_search_requests') ? keepCount(SEARCHES, at) : valueEnd(at)
}
