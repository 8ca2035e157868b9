// What was found, as records of 32-bit words; times are two words. found.ts and its neighbours in src/daemon/usage/sources read them.
//
//   LINE    kind, line, from, end                                        has to be parsed
//   CALL    kind, line, key ×2, session ×2, apart, flags, time ×2, model ×2, numbers ×6, tools, 0; then its tools
//     tool  key ×2, name ×2, command ×2
//   TOKENS  kind, line, time ×2, key ×2, total ×4, last ×4
//   TOOL    kind, line, time ×2, key ×2, name ×2, command ×2
//   TURN    kind, line, model ×2
//   TASK    kind, line
//
// `line` is 1 for the first line that was looked over in this turn. A name is where its characters begin and end in the window, a
// command where its string does, quotes and all; both are 0 where there is none.
import { FOUND, FOUND_END, WINDOW } from './layout'

export const LINE: u32 = 1
export const CALL: u32 = 2
export const TOKENS: u32 = 3
export const TOOL: u32 = 4
export const TURN: u32 = 5
export const TASK: u32 = 6

export const CALL_BYTES: usize = 80
export const TOOL_BYTES: usize = 24
/** Tools of one call; a line with more is parsed. */
export const TOOLS_CAP: u32 = 64
/** Where a record begins, there is room for the largest. */
const ROOM: usize = CALL_BYTES + TOOL_BYTES * <usize>TOOLS_CAP

/** Where the next record begins. */
export let next: usize = FOUND
/** Lines so far. */
export let lines: u32 = 0

export function beginWindow(): void {
  next = FOUND
  lines = 0
}

export function isFull(): bool {
  return next + ROOM > FOUND_END
}

export function countLine(): void {
  lines++
}

export function begin(kind: u32): void {
  store<u32>(next, kind)
  store<u32>(next, lines, 4)
}

export function end(bytes: usize): void {
  next += bytes
}

/** Writes where something begins and ends. */
export function writeSpan(at: usize, from: usize, end: usize): void {
  store<u32>(at, from === 0 ? 0 : <u32>(from - WINDOW))
  store<u32>(at, from === 0 ? 0 : <u32>(end - WINDOW), 4)
}

export function writeLine(from: usize, lineEnd: usize): void {
  begin(LINE)
  writeSpan(next + 8, from, lineEnd)
  end(16)
}
