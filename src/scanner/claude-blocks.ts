// The blocks of a message's content, of which tool calls count.
import { isWord, ODD } from './bytes'
import { CALL_BYTES, next, TOOL_BYTES, TOOLS_CAP, writeSpan } from './found'
import { OPEN, objectEnd, valueEnd } from './json'
import {
  charactersOf,
  forget,
  isFirst,
  isString,
  isText,
  keepPlain,
  keepString,
  lengthOf,
  stringAt,
  stringEndOf,
} from './slots'
import { hash, keyA, keyB } from './values'

export const PREFIX = 'claude-code '

/** Behind the fields of the line. */
const TYPE: u32 = 20
const ID: u32 = 21
const NAME: u32 = 22
const INPUT: u32 = 23
const COMMAND: u32 = 24
const FIELDS_END: u32 = 25

/** Tools of the line so far, written behind where its call will be. */
export let tools: u32 = 0

export function beginBlocks(): void {
  tools = 0
}

/** Position behind one block of the message's content. */
export function blockEnd(at: usize): usize {
  if (load<u8>(at) !== OPEN) return valueEnd(at)
  forget(TYPE, FIELDS_END)
  const end = objectEnd(at, blockField)
  return end === ODD || keepTool() ? end : ODD
}

/** False if the block is a tool call of which not everything can be told. */
function keepTool(): bool {
  if (!isText(TYPE, 'tool_use') && !isText(TYPE, 'server_tool_use')) return true
  if (!isString(ID) || !isString(NAME) || tools === TOOLS_CAP) return false
  const at = next + CALL_BYTES + TOOL_BYTES * <usize>tools
  hash(PREFIX, charactersOf(ID), lengthOf(ID))
  store<u32>(at, keyA)
  store<u32>(at, keyB, 4)
  writeSpan(at + 8, charactersOf(NAME), stringEndOf(NAME) - 1)
  writeSpan(at + 16, stringAt(COMMAND), stringEndOf(COMMAND))
  tools++
  return true
}

function blockField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) return keepPlain(TYPE, at)
  if (isWord(key, length, 'id')) return keepPlain(ID, at)
  if (isWord(key, length, 'name')) return keepPlain(NAME, at)
  if (isWord(key, length, 'input')) {
    if (!isFirst(INPUT)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, inputField) : valueEnd(at)
  }
  return valueEnd(at)
}

function inputField(key: usize, length: usize, at: usize): usize {
  return isWord(key, length, 'command') ? keepString(COMMAND, at) : valueEnd(at)
}
