// A line of Codex; the rules are those of src/daemon/usage/sources/codex.ts.
import { isWord, lineEnd, ODD, QUOTE, startsWith } from './bytes'
import { isCall, isIdle, isOtherCall } from './codex-head'
import { begin, end as endRecord, next, TASK, TOKENS, TOOL, TURN, writeLine, writeSpan } from './found'
import { beginLine, blankEnd, CLOSE, OPEN, objectEnd, plainValueEnd, stringAt, valueEnd } from './json'
import { countEnd, counted, hash, keyA, keyB, timed, timeEnd, writeNumber } from './values'

const PREFIX = 'codex '

const TIMESTAMP: u32 = 1
const TYPE: u32 = 2
const PAYLOAD: u32 = 4
const INNER_TYPE: u32 = 8
const INFO: u32 = 16
const NAME: u32 = 32
const CALL_ID: u32 = 64
const ARGUMENTS: u32 = 128
const INPUT: u32 = 256
const ACTION: u32 = 512
const MODEL: u32 = 1024
const TOTAL: u32 = 2048
const LAST: u32 = 4096

/** Which fields the line had. Of two with one name JSON.parse takes the last: such a line is parsed. */
let seen: u32 = 0
let usageSeen: u32 = 0
let isObject: bool = false
/** Of `info`: null, an object, or something else. */
let isInfoNull: bool = false
let isInfoObject: bool = false
/** A string's quotes are part of it; 0 where it is no string. */
let timestamp: usize = 0
let type: usize = 0
let typeEnd: usize = 0
let innerType: usize = 0
let innerTypeEnd: usize = 0
let name: usize = 0
let nameEnd: usize = 0
let callId: usize = 0
let callIdEnd: usize = 0
let args: usize = 0
let argsEnd: usize = 0
let input: usize = 0
let inputEnd: usize = 0
let model: usize = 0
let modelEnd: usize = 0
/** Input, cached, output and reasoning of the usage that is walked, and of both that were. */
const usage = memory.data(16)
const total = memory.data(16)
const last = memory.data(16)
/** Eight numbers of at most ten digits, and what stands between them. */
const text = memory.data(96)

/** Looks at the line at `from` and says where its line feed is. */
export function codexLine(from: usize, now: f64): usize {
  if (isIdle(from)) {
    const end = lineEnd(from)
    // Whether it is an object at all is for the reader to say.
    if (load<u8>(end - 1) !== CLOSE) writeLine(from, end)
    return end
  }
  seen = 0
  isObject = isInfoNull = isInfoObject = false
  timestamp = type = innerType = name = callId = args = input = model = 0
  beginLine()
  const walked = objectEnd(from, lineField)
  const end = walked === ODD ? lineEnd(from) : lineEnd(walked)
  if (walked === ODD || blankEnd(walked) !== end || !tell(now)) writeLine(from, end)
  return end
}

/** False if the line has to be parsed. */
function tell(now: f64): bool {
  if (!isObject || type === 0) return true
  const word = type + 1
  const length = typeEnd - type - 2
  if (isWord(word, length, 'session_meta')) return false
  if (isWord(word, length, 'turn_context')) return tellTurn()
  const inner = innerType + 1
  const innerLength: usize = innerType === 0 ? 0 : innerTypeEnd - innerType - 2
  if (isWord(word, length, 'response_item')) {
    if (isCall(inner, innerLength)) return tellTool(now)
    return !isOtherCall(inner, innerLength)
  }
  if (!isWord(word, length, 'event_msg')) return true
  if (isWord(inner, innerLength, 'task_started')) {
    begin(TASK)
    endRecord(8)
    return true
  }
  return isWord(inner, innerLength, 'token_count') ? tellTokens(now) : true
}

function tellTurn(): bool {
  if (model === 0) return false
  begin(TURN)
  writeSpan(next + 8, model + 1, modelEnd - 1)
  endRecord(16)
  return true
}

/** An `action` holds the command in the way of other versions. */
function tellTool(now: f64): bool {
  if (seen & ACTION || name === 0 || callId === 0 || !isVisible(load<u8>(name + 1))) return false
  if (timestamp === 0 || timeEnd(timestamp, now) === ODD) return false
  begin(TOOL)
  store<f64>(next, timed, 8)
  hash(PREFIX, callId + 1, callIdEnd - callId - 2)
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  writeSpan(next + 24, name + 1, nameEnd - 1)
  if (args !== 0) writeSpan(next + 32, args, argsEnd)
  else writeSpan(next + 32, input, inputEnd)
  endRecord(40)
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
  if (!(seen & INFO) || isInfoNull) return true
  if (!isInfoObject || !(seen & TOTAL) || !(seen & LAST)) return false
  if (timestamp === 0 || timeEnd(timestamp, now) === ODD) return false
  begin(TOKENS)
  store<f64>(next, timed, 8)
  memory.copy(next + 24, total, 16)
  memory.copy(next + 40, last, 16)
  hashTotals()
  store<u32>(next, keyA, 16)
  store<u32>(next, keyB, 20)
  endRecord(56)
  return true
}

/** Whether the line had no such field before. */
function isFirst(field: u32): bool {
  if (seen & field) return false
  seen |= field
  return true
}

function lineField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'timestamp')) {
    if (!isFirst(TIMESTAMP)) return ODD
    timestamp = stringAt(at)
    return plainValueEnd(at)
  }
  if (isWord(key, length, 'type')) {
    if (!isFirst(TYPE)) return ODD
    type = stringAt(at)
    typeEnd = plainValueEnd(at)
    return typeEnd
  }
  if (isWord(key, length, 'payload')) {
    if (!isFirst(PAYLOAD)) return ODD
    isObject = load<u8>(at) === OPEN
    return isObject ? objectEnd(at, payloadField) : valueEnd(at)
  }
  return valueEnd(at)
}

function payloadField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) {
    if (!isFirst(INNER_TYPE)) return ODD
    innerType = stringAt(at)
    innerTypeEnd = plainValueEnd(at)
    return innerTypeEnd
  }
  if (isWord(key, length, 'info')) {
    if (!isFirst(INFO)) return ODD
    isInfoNull = startsWith(at, 'null')
    isInfoObject = load<u8>(at) === OPEN
    return isInfoObject ? objectEnd(at, infoField) : valueEnd(at)
  }
  if (isWord(key, length, 'name')) {
    if (!isFirst(NAME)) return ODD
    name = stringAt(at)
    nameEnd = plainValueEnd(at)
    return nameEnd
  }
  if (isWord(key, length, 'call_id')) {
    if (!isFirst(CALL_ID)) return ODD
    callId = stringAt(at)
    callIdEnd = plainValueEnd(at)
    return callIdEnd
  }
  if (isWord(key, length, 'arguments')) {
    if (!isFirst(ARGUMENTS)) return ODD
    args = stringAt(at)
    argsEnd = valueEnd(at)
    return argsEnd
  }
  if (isWord(key, length, 'input')) {
    if (!isFirst(INPUT)) return ODD
    input = stringAt(at)
    inputEnd = valueEnd(at)
    return inputEnd
  }
  if (isWord(key, length, 'model')) {
    if (!isFirst(MODEL)) return ODD
    model = stringAt(at)
    modelEnd = plainValueEnd(at)
    return modelEnd
  }
  if (isWord(key, length, 'action') && !isFirst(ACTION)) return ODD
  return valueEnd(at)
}

function infoField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'total_token_usage')) return isFirst(TOTAL) ? usageEnd(at, total) : ODD
  if (isWord(key, length, 'last_token_usage')) return isFirst(LAST) ? usageEnd(at, last) : ODD
  return valueEnd(at)
}

/** Position behind the usage at `at`, which is kept at `place`. */
function usageEnd(at: usize, place: usize): usize {
  if (load<u8>(at) !== OPEN) return ODD
  memory.fill(usage, 0, 16)
  usageSeen = 0
  const end = objectEnd(at, usageField)
  memory.copy(place, usage, 16)
  return end
}

function usageField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'input_tokens')) return keepCount(0, at)
  if (isWord(key, length, 'cached_input_tokens')) return keepCount(1, at)
  if (isWord(key, length, 'output_tokens')) return keepCount(2, at)
  if (isWord(key, length, 'reasoning_output_tokens')) return keepCount(3, at)
  return valueEnd(at)
}

function keepCount(which: u32, at: usize): usize {
  if (usageSeen & (1 << which)) return ODD
  usageSeen |= 1 << which
  const end = countEnd(at)
  store<u32>(usage + (which << 2), counted)
  return end
}
