// A line of Codex; the rules are those of src/daemon/usage/sources/codex.ts.
import { ENOUGH, isWord, ODD, QUOTE, startsWith } from './bytes'
import { isCall, isIdle, isOtherCall } from './codex-head'
import { begin, end, next, TASK, TOKENS, TOOL, TURN, writeSpan } from './found'
import { beginLine, OPEN, objectEnd, valueEnd } from './json'
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
  keepString,
  lengthOf,
  stringAt,
  stringEndOf,
} from './slots'
import { hash, keyA, keyB, timed, timeEnd, writeNumber } from './values'

const PREFIX = 'codex '

const TIMESTAMP: u32 = 0
const TYPE: u32 = 1
const PAYLOAD: u32 = 2
const INNER_TYPE: u32 = 3
const INFO: u32 = 4
const NAME: u32 = 5
const CALL_ID: u32 = 6
const ARGUMENTS: u32 = 7
const INPUT: u32 = 8
const ACTION: u32 = 9
const MODEL: u32 = 10
const TOTAL: u32 = 11
const LAST: u32 = 12
/** Of one usage: input, cached, output and reasoning. */
const COUNTS: u32 = 13
const FIELDS_END: u32 = 17

let isObject: bool = false
/** Of `info`: null, an object, or something else. */
let isInfoNull: bool = false
let isInfoObject: bool = false
/** The counts of both usages. */
const total = memory.data(16)
const last = memory.data(16)
/** Eight numbers of at most ten digits, and what stands between them. */
const text = memory.data(96)

/** Position behind the object at `from`; ENOUGH where its head says already that it tells nothing. */
export function walkCodex(from: usize): usize {
  if (isIdle(from)) return ENOUGH
  isObject = isInfoNull = isInfoObject = false
  forget(TIMESTAMP, FIELDS_END)
  beginLine()
  return objectEnd(from, lineField)
}

/** Tells what was walked; false if it has to be parsed. */
export function tellCodex(now: f64): bool {
  if (!isObject) return true
  if (isText(TYPE, 'session_meta')) return false
  if (isText(TYPE, 'turn_context')) return tellTurn()
  if (isText(TYPE, 'response_item')) return isString(INNER_TYPE) ? tellItem(now) : true
  if (!isText(TYPE, 'event_msg')) return true
  if (isText(INNER_TYPE, 'token_count')) return tellTokens(now)
  if (!isText(INNER_TYPE, 'task_started')) return true
  begin(TASK)
  end(8)
  return true
}

function tellTurn(): bool {
  if (!isString(MODEL)) return false
  begin(TURN)
  writeSpan(next + 8, charactersOf(MODEL), stringEndOf(MODEL) - 1)
  end(16)
  return true
}

function tellItem(now: f64): bool {
  if (isCall(charactersOf(INNER_TYPE), lengthOf(INNER_TYPE))) return tellTool(now)
  return !isOtherCall(charactersOf(INNER_TYPE), lengthOf(INNER_TYPE))
}

/** An `action` holds the command in the way of other versions. */
function tellTool(now: f64): bool {
  if (has(ACTION) || !isString(NAME) || !isString(CALL_ID)) return false
  if (!isVisible(load<u8>(charactersOf(NAME)))) return false
  if (!isString(TIMESTAMP) || timeEnd(stringAt(TIMESTAMP), now) === ODD) return false
  begin(TOOL)
  store<f64>(next, timed, 8)
  hash(PREFIX, charactersOf(CALL_ID), lengthOf(CALL_ID))
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  writeSpan(next + 24, charactersOf(NAME), stringEndOf(NAME) - 1)
  const command = isString(ARGUMENTS) ? ARGUMENTS : INPUT
  writeSpan(next + 32, stringAt(command), stringEndOf(command))
  end(40)
  return true
}

/** The key of a request is that of all its numbers as text: `idOf` of codex.ts. */
function hashTotals(): void {
  let at = text
  for (let i: usize = 0; i < 8; i++) {
    at = writeNumber(at, load<u32>((i < 4 ? total : last) + ((i & 3) << 2)))
    if (i === 3) {
      store<u8>(at, 32)
      store<u8>(at, 47, 1)
      at += 2
    }
    if (i < 7) {
      store<u8>(at, 32)
      at++
    }
  }
  hash(PREFIX, text, at - text)
}

/** A name that begins so stays one when what cannot be seen is taken out. */
function isVisible(byte: u8): bool {
  return byte > 32 && byte < 127 && byte !== QUOTE
}

function tellTokens(now: f64): bool {
  if (!has(INFO) || isInfoNull) return true
  if (!isInfoObject || !has(TOTAL) || !has(LAST)) return false
  if (!isString(TIMESTAMP) || timeEnd(stringAt(TIMESTAMP), now) === ODD) return false
  begin(TOKENS)
  store<f64>(next, timed, 8)
  memory.copy(next + 24, total, 16)
  memory.copy(next + 40, last, 16)
  hashTotals()
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  end(56)
  return true
}

function lineField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'timestamp')) return keepPlain(TIMESTAMP, at)
  if (isWord(key, length, 'type')) return keepPlain(TYPE, at)
  if (isWord(key, length, 'payload')) {
    if (!isFirst(PAYLOAD)) return ODD
    isObject = load<u8>(at) === OPEN
    return isObject ? objectEnd(at, payloadField) : valueEnd(at)
  }
  return valueEnd(at)
}

function payloadField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) return keepPlain(INNER_TYPE, at)
  if (isWord(key, length, 'info')) {
    if (!isFirst(INFO)) return ODD
    isInfoNull = startsWith(at, 'null')
    isInfoObject = load<u8>(at) === OPEN
    return isInfoObject ? objectEnd(at, infoField) : valueEnd(at)
  }
  if (isWord(key, length, 'name')) return keepPlain(NAME, at)
  if (isWord(key, length, 'call_id')) return keepPlain(CALL_ID, at)
  if (isWord(key, length, 'arguments')) return keepString(ARGUMENTS, at)
  if (isWord(key, length, 'input')) return keepString(INPUT, at)
  if (isWord(key, length, 'model')) return keepPlain(MODEL, at)
  return isWord(key, length, 'action') ? keepString(ACTION, at) : valueEnd(at)
}

function infoField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'total_token_usage')) return isFirst(TOTAL) ? usageEnd(at, total) : ODD
  if (isWord(key, length, 'last_token_usage')) return isFirst(LAST) ? usageEnd(at, last) : ODD
  return valueEnd(at)
}

/** Position behind the usage at `at`, whose counts are kept at `place`. */
function usageEnd(at: usize, place: usize): usize {
  if (load<u8>(at) !== OPEN) return ODD
  forget(COUNTS, FIELDS_END)
  const behind = objectEnd(at, usageField)
  for (let i: u32 = 0; i < 4; i++) store<u32>(place + (i << 2), countOf(COUNTS + i))
  return behind
}

function usageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'input_tokens')) return keepCount(COUNTS, at)
  if (isWord(key, length, 'cached_input_tokens')) return keepCount(COUNTS + 1, at)
  if (isWord(key, length, 'output_tokens')) return keepCount(COUNTS + 2, at)
  return isWord(key, length, 'reasoning_output_tokens') ? keepCount(COUNTS + 3, at) : valueEnd(at)
}
