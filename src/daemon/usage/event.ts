// What a source reads out of a log: plain facts, each of which may be told any number of times, in any order,
// with the same totals in the end. docs/counting.md has the rules.
import type { Key } from './ledger/hash.ts'

/** Token counts of one request. `input` excludes cache tokens; `reasoning` is part of `output`. */
export interface CallNumbers {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite5m: number
  readonly cacheWrite1h: number
  readonly reasoning: number
  readonly webSearches: number
}

/** Which call is meant. */
export interface CallKey {
  readonly key: Key
  /**
   * Tells apart calls of one key: the request's hash; `replay` where the line may repeat a call of another request
   * (then any other call with the key takes its place); `family` where the sessions' kinship decides.
   */
  readonly apart: number | 'replay' | 'family'
  readonly session: Key
}

/** A request to a model, or one of the several lines that tell of it while it streams. */
export interface CallSeen extends CallKey {
  readonly kind: 'call'
  /** Unix milliseconds; the earliest time told is the call's, in a family that of the greatest rank. */
  readonly at: number
  /** Of several tellings the one with the greatest rank gives model and numbers; see `latest` and `earliest`. */
  readonly rank: number
  readonly model: string
  readonly numbers: CallNumbers
}

/** What a call's turn was for, as far as is known now; the highest activity told is the call's. */
export interface ActivitySeen extends CallKey {
  readonly kind: 'activity'
  readonly activity: number
}

/** A tool call; counted once by its id, at the earliest time told. */
export interface ToolSeen {
  readonly kind: 'tool'
  readonly key: Key
  readonly at: number
  readonly tool: string
}

/** One session came from another: a fork, a subagent. They count as one. */
export interface SessionLinked {
  readonly kind: 'link'
  readonly session: Key
  readonly parent: Key
}

export type UsageEvent = CallSeen | ActivitySeen | ToolSeen | SessionLinked

/** Rank by which the last line's numbers win (Claude Code: later lines of a stream are more complete). */
export function latest(at: number): number {
  return at
}

/**
 * Rank by which the first telling wins (Codex), among those that are equally certain: `told` by the session that made
 * the call; `assumed` where the model was only named later in the file; `unknown` where it was not. The head of a fork's
 * file repeats its parent's calls at other times and before any model is named, so the parent's own telling wins.
 */
export function earliest(at: number, model: 'told' | 'assumed' | 'unknown'): number {
  return -at - (model === 'told' ? 0 : model === 'assumed' ? 1e15 : 2e15)
}
