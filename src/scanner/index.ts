// Looks over the lines of a log for what counts: compiled to WebAssembly, for reading gigabytes. It knows how lines of each agent look
// and remembers none; what it cannot tell for certain it leaves to be parsed. docs/decisions/0020-a-scanner-in-webassembly.md.
import { ENOUGH, lineEnd, ODD } from './bytes'
import { tellClaude, walkClaude } from './claude'
import { tellCodex, walkCodex } from './codex'
import { beginWindow, countLine, isFull, lines, next, writeLine } from './found'
import { blankEnd, CLOSE } from './json'
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
  return overLines(from, end, now, walkClaude, tellClaude)
}

/** See `claude`. */
export function codex(from: u32, end: u32, now: f64): u32 {
  return overLines(from, end, now, walkCodex, tellCodex)
}

function overLines(
  from: u32,
  end: u32,
  now: f64,
  walk: (from: usize) => usize,
  tell: (now: f64) => bool,
): u32 {
  beginWindow()
  let at = WINDOW + from
  while (at < WINDOW + end && !isFull()) {
    countLine()
    const walked = walk(at)
    const feed = lineEnd(walked > ENOUGH ? walked : at)
    // Where the head is enough, the reader only has to say of the rest whether it is an object at all.
    const isDone =
      walked === ENOUGH
        ? load<u8>(feed - 1) === CLOSE
        : walked !== ODD && blankEnd(walked) === feed && tell(now)
    if (!isDone) writeLine(at, feed)
    at = feed + 1
  }
  return <u32>(at - WINDOW)
}
