// What the scanner found in a line of Claude Code.
import { isShell } from '../activity.ts'
import { type CallSeen, latest } from '../event.ts'
import { type Key, keyOf } from '../ledger/hash.ts'
import { type Found, TOOL_WORDS } from './found.ts'
import { KnownNames } from './known-names.ts'

/** What a line tells of a call. */
export interface ClaudeLine {
  readonly call: CallSeen
  readonly tools: readonly ClaudeTool[]
}

export interface ClaudeTool {
  readonly key: Key
  readonly tool: string
  /** A shell's command line. */
  readonly command: string | undefined
}

const [REPLAY, HAS_SESSION] = [1, 2]
/** Words of a call without its tools. */
const CALL_WORDS = 20

const models = new KnownNames('unknown')
const toolNames = new KnownNames('unknown')
const NO_TOOLS: readonly ClaudeTool[] = []
let lastSession: Key = { a: 0, b: 0 }

/** `session` is that of lines that name none. */
export function claudeLine(found: Found, session: string): ClaudeLine {
  const flags = found.word(7)
  const at = found.time(8)
  const call: CallSeen = {
    kind: 'call',
    key: found.key(2),
    apart: (flags & REPLAY) !== 0 ? 'replay' : found.word(6),
    session: (flags & HAS_SESSION) !== 0 ? sessionOf(found) : keyOf(`claude-code ${session}`),
    at,
    rank: latest(at),
    model: found.name(10, models),
    numbers: {
      input: found.word(12),
      output: found.word(13),
      cacheRead: found.word(14),
      cacheWrite5m: found.word(15),
      cacheWrite1h: found.word(16),
      reasoning: 0,
      webSearches: found.word(17),
    },
  }
  const count = found.word(18)
  return { call, tools: count === 0 ? NO_TOOLS : Array.from({ length: count }, (_, i) => toolOf(found, i)) }
}

/** Lines of one file share it. */
function sessionOf(found: Found): Key {
  if (lastSession.a !== found.word(4) || lastSession.b !== found.word(5)) lastSession = found.key(4)
  return lastSession
}

function toolOf(found: Found, index: number): ClaudeTool {
  const at = CALL_WORDS + index * TOOL_WORDS
  const tool = found.name(at + 2, toolNames)
  return { key: found.key(at), tool, command: isShell(tool) ? found.string(at + 4) : undefined }
}
