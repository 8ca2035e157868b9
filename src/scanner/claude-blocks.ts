// The blocks of a message's content, of which tool calls count.
import { isWord, ODD } from './bytes'
import { CALL_BYTES, next, TOOL_BYTES, TOOLS_CAP, writeSpan } from './found'
import { OPEN, objectEnd, plainValueEnd, stringAt, valueEnd } from './json'
import { hash, keyA, keyB } from './values'

export const PREFIX = 'claude-code '

/** Of one block; a string's quotes are part of it, 0 where it is no string. */
let blockSeen: u32 = 0
let blockType: usize = 0
let blockTypeEnd: usize = 0
let blockId: usize = 0
let blockIdEnd: usize = 0
let blockName: usize = 0
let blockNameEnd: usize = 0
let command: usize = 0
let commandEnd: usize = 0

/** Tools of the line so far, written behind where its call will be. */
export let tools: u32 = 0

export function beginBlocks(): void {
  tools = 0
}

const BLOCK_TYPE: u32 = 1
const BLOCK_ID: u32 = 2
const BLOCK_NAME: u32 = 4
const BLOCK_INPUT: u32 = 8
const COMMAND: u32 = 16

/** One block of the message's content. */
export function blockEnd(at: usize): usize {
  if (load<u8>(at) !== OPEN) return valueEnd(at)
  blockSeen = 0
  blockType = blockId = blockName = command = 0
  const end = objectEnd(at, blockField)
  return end === ODD || keepTool() ? end : ODD
}

/** False if the block is a tool call of which not everything can be told. */
function keepTool(): bool {
  const length = blockTypeEnd - blockType
  const isTool =
    blockType !== 0 &&
    (isWord(blockType, length, '"tool_use"') || isWord(blockType, length, '"server_tool_use"'))
  if (!isTool) return true
  if (blockId === 0 || blockName === 0 || tools === TOOLS_CAP) return false
  const at = next + CALL_BYTES + TOOL_BYTES * <usize>tools
  hash(PREFIX, blockId + 1, blockIdEnd - blockId - 2)
  store<u32>(at, keyA)
  store<u32>(at, keyB, 4)
  writeSpan(at + 8, blockName + 1, blockNameEnd - 1)
  writeSpan(at + 16, command, commandEnd)
  tools++
  return true
}

function isFirstOfBlock(field: u32): bool {
  if (blockSeen & field) return false
  blockSeen |= field
  return true
}

function blockField(key: usize, length: usize, at: usize): usize {
  if (isWord(key, length, 'type')) {
    if (!isFirstOfBlock(BLOCK_TYPE)) return ODD
    blockType = stringAt(at)
    blockTypeEnd = plainValueEnd(at)
    return blockTypeEnd
  }
  if (isWord(key, length, 'id')) {
    if (!isFirstOfBlock(BLOCK_ID)) return ODD
    blockId = stringAt(at)
    blockIdEnd = plainValueEnd(at)
    return blockIdEnd
  }
  if (isWord(key, length, 'name')) {
    if (!isFirstOfBlock(BLOCK_NAME)) return ODD
    blockName = stringAt(at)
    blockNameEnd = plainValueEnd(at)
    return blockNameEnd
  }
  if (isWord(key, length, 'input')) {
    if (!isFirstOfBlock(BLOCK_INPUT)) return ODD
    return load<u8>(at) === OPEN ? objectEnd(at, inputField) : valueEnd(at)
  }
  return valueEnd(at)
}

function inputField(key: usize, length: usize, at: usize): usize {
  if (!isWord(key, length, 'command')) return valueEnd(at)
  if (!isFirstOfBlock(COMMAND)) return ODD
  command = stringAt(at)
  commandEnd = valueEnd(at)
  return commandEnd
}
