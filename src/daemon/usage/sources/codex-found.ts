// What the scanner found in a line of Codex.
import { isShell } from '../activity.ts'
import type { Key } from '../ledger/hash.ts'
import { type Found, TOKENS, TOOL, TURN } from './found.ts'
import { KnownNames } from './known-names.ts'

export type Totals = readonly [input: number, cached: number, output: number, reasoning: number]

/** Token counts of one request, and the session's running total; null in logs that do not tell it. */
export interface CodexTokens {
  readonly kind: 'tokens'
  readonly at: number
  readonly key: Key
  readonly total: Totals | null
  readonly last: Totals
}

export interface CodexTool {
  readonly kind: 'tool'
  readonly at: number
  readonly key: Key
  readonly tool: string
  /** A shell's command line. */
  readonly command: string | undefined
}

/** What a line tells. */
export type CodexLine =
  | CodexTokens
  | CodexTool
  | { readonly kind: 'turn'; readonly model: string | null }
  | { readonly kind: 'task' }

const models = new KnownNames('unknown')
const toolNames = new KnownNames('')

export function codexLine(found: Found): CodexLine {
  switch (found.kind) {
    case TOKENS:
      return {
        kind: 'tokens',
        at: found.time(2),
        key: found.key(4),
        total: totals(found, 6),
        last: totals(found, 10),
      }
    case TOOL: {
      const tool = found.name(6, toolNames)
      const command = isShell(tool) ? found.string(8) : undefined
      return { kind: 'tool', at: found.time(2), key: found.key(4), tool, command }
    }
    case TURN:
      return { kind: 'turn', model: found.name(2, models) }
    default:
      return { kind: 'task' }
  }
}

function totals(found: Found, index: number): Totals {
  return [found.word(index), found.word(index + 1), found.word(index + 2), found.word(index + 3)]
}
