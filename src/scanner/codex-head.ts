// What the head of a line of Codex says of it.
import { HEAD_BYTES, isWord, ODD, plainEnd, startsWith } from './bytes'

const TIMESTAMP_HEAD = '{"timestamp":"'
const TYPE_HEAD = ',"type":"'
const PAYLOAD_HEAD = ',"payload":{"type":"'

/** Whether a usual head says already that the line tells nothing, as `sort` of codex.ts does. */
export function isIdle(from: usize): bool {
  if (!startsWith(from, TIMESTAMP_HEAD)) return false
  const typeHead = plainEnd(from + TIMESTAMP_HEAD.length) + 1
  if (typeHead === 1 || !startsWith(typeHead, TYPE_HEAD)) return false
  const word = typeHead + TYPE_HEAD.length
  const payloadHead = plainEnd(word) + 1
  if (payloadHead === 1 || !startsWith(payloadHead, PAYLOAD_HEAD)) return false
  const inner = payloadHead + PAYLOAD_HEAD.length
  const innerEnd = plainEnd(inner)
  if (innerEnd === ODD || innerEnd + 1 - from > HEAD_BYTES) return false
  const length = payloadHead - 1 - word
  if (isWord(word, length, 'event_msg')) return !isToldByEvent(inner, innerEnd - inner)
  if (isWord(word, length, 'response_item')) return !isToldByItem(inner, innerEnd - inner)
  return !isWord(word, length, 'turn_context') && !isWord(word, length, 'session_meta')
}

function isToldByEvent(word: usize, length: usize): bool {
  return isWord(word, length, 'token_count') || isWord(word, length, 'task_started')
}

function isToldByItem(word: usize, length: usize): bool {
  return isCall(word, length) || isOtherCall(word, length)
}

/** Of a tool that is named. */
export function isCall(word: usize, length: usize): bool {
  return isWord(word, length, 'function_call') || isWord(word, length, 'custom_tool_call')
}

export function isOtherCall(word: usize, length: usize): bool {
  return isWord(word, length, 'local_shell_call') || isWord(word, length, 'web_search_call')
}
