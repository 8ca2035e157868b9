// Makes a usual line of Claude Code shorter before it is parsed: what was said and done is most of the line, and none of it
// is counted. Only a short cut: whatever does not look usual is parsed whole, and a test holds both ways against each other.
import { SHELLS } from '../activity.ts'
import type { Fields } from './fields.ts'
import { isFields } from './fields.ts'

const CONTENT = '"content":['
/** What follows the content of a message; inside of a string its quotes would be escaped. */
const AFTER = '],"stop_reason":'
/** Most of what usually follows the content, in characters. */
const USUAL_REST = 1_000
/** The end of a tool call's type; begins with its rarest character, which is what the engine searches for. */
const OF_TOOL = '_use"'
const TOOL = /^\{"type":"(?:server_)?tool_use","id":"[^"\\]*","name":"([^"\\]*)",/

/** The parsed line without the content that nobody counts, or null if it has to be parsed whole. */
export function skim(line: string): Fields | null {
  const start = line.indexOf(CONTENT)
  const end = endOf(line)
  if (start < 0 || end < start) return null
  const from = start + CONTENT.length
  const kept = keptOf(line, from, end)
  if (kept === null) return null
  return parsed(line.slice(0, from) + kept + line.slice(end))
}

/** Where the content ends. Looked for forwards in the end of the line first: backwards the engine goes step by step. */
function endOf(line: string): number {
  const near = line.indexOf(AFTER, line.length - USUAL_REST)
  if (near >= 0 && line.indexOf(AFTER, near + 1) < 0) return near
  return line.lastIndexOf(AFTER)
}

/** The content's blocks that count: nothing, or one tool call without its input; null if there may be more. */
function keptOf(line: string, from: number, end: number): string | null {
  const first = line.indexOf(OF_TOOL, from)
  if (first < 0 || first > end) return ''
  const tool = TOOL.exec(line.slice(from, from + 200))
  if (tool === null || SHELLS.test(tool[1]!)) return null
  const second = line.indexOf(OF_TOOL, first + 1)
  if (second >= 0 && second < end) return null
  return `${tool[0].slice(0, -1)}}`
}

/** Null unless the cut was where it was meant to be: in the content of a message with usage behind it. */
function parsed(short: string): Fields | null {
  try {
    const line: unknown = JSON.parse(short)
    if (!isFields(line) || !isFields(line['message'])) return null
    const { content, usage, stop_reason } = line['message']
    if (!Array.isArray(content) || content.length > 1 || usage === undefined || stop_reason === undefined)
      return null
    return line
  } catch {
    return null
  }
}
