// Looks over the lines of a log for what counts: compiled to WebAssembly, for reading gigabytes. It knows how lines of each agent look
// and remembers none; what it cannot tell for certain it leaves to be parsed. docs/decisions/0020-a-scanner-in-webassembly.md.
import { claudeLine } from './claude'
import { codexLine } from './codex'
import { beginWindow, countLine, isFull, lines, next } from './found'
import { FOUND, WINDOW } from './layout'

/** Of the last call: bytes of records, and lines that were passed. */
export function foundBytes(): u32 {
  return <u32>(next - FOUND)
}

export function lineCount(): u32 {
  return lines
}

/**
 * Goes over the lines between the offsets `from` and `end` of the window, the last of which ends in a line feed, until there is no more
 * room for what is found; returns the offset where it stopped. `now` in Unix milliseconds.
 */
export function claude(from: u32, end: u32, now: f64): u32 {
  beginWindow()
  let at = WINDOW + from
  while (at < WINDOW + end && !isFull()) {
    countLine()
    at = claudeLine(at, now) + 1
  }
  return <u32>(at - WINDOW)
}

/** See `claude`. */
export function codex(from: u32, end: u32, now: f64): u32 {
  beginWindow()
  let at = WINDOW + from
  while (at < WINDOW + end && !isFull()) {
    countLine()
    at = codexLine(at, now) + 1
  }
  return <u32>(at - WINDOW)
}
