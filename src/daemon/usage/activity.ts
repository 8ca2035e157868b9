// What a turn was for. A table over the tools that its calls used, nothing of what was written; docs/counting.md shows it.
import { ACTIVITIES } from '../../contract/words.ts'
import type { ActivitySeen, CallKey } from './event.ts'
import type { Key } from './ledger/hash.ts'

/** A turn so far: which kinds of tool it used (bits), and the calls that wait for what it becomes. */
export interface Turn {
  readonly used: number
  readonly calls: readonly TurnCall[]
}

/** Key and `apart` of a call, short because every log file's last turn is kept. */
export type TurnCall = readonly [a: number, b: number, apart: CallKey['apart']]

export const NEW_TURN: Turn = { used: 0, calls: [] }

/** Calls of a turn that are remembered; in a longer one the oldest keep the activity they had. */
const CALLS_CAP = 400

const USED = {
  explored: 1,
  planned: 2,
  delegated: 4,
  git: 8,
  built: 16,
  tested: 32,
  edited: 64,
  /** Edited after a test or build of the same turn. */
  mended: 128,
  /** Tested or built again after that. */
  rerun: 256,
} as const

/** The first row whose bits were all used names the activity; more tools can only move a turn up the table. */
const TABLE: readonly (readonly [bits: number, activity: (typeof ACTIVITIES)[number]])[] = [
  [USED.rerun, 'debugging'],
  [USED.edited, 'coding'],
  [USED.tested, 'testing'],
  [USED.built, 'building'],
  [USED.git, 'git'],
  [USED.delegated, 'delegating'],
  [USED.planned, 'planning'],
  [USED.explored, 'exploring'],
]

type Kind = 'editor' | 'planner' | 'delegator' | 'shell' | 'other'

const EDITORS = /^(edit|multiedit|write|notebookedit|apply_patch|str_replace_editor|replace|write_file)$/i
const PLANNERS = /^(exitplanmode|enterplanmode|todowrite|update_plan|taskcreate|taskupdate)$/i
const DELEGATORS = /^(agent|task|spawn_agent|skill)$/i
const SHELLS = /^(bash|shell|exec_command|local_shell|container\.exec|run_shell_command)$/i

const TESTS =
  /\b((npm|pnpm|yarn|bun)( run)? test|npx? (tap|jest|vitest|mocha|playwright)|jest|vitest|pytest|tox|cargo (test|nextest)|go test|mvn test|gradle test|ctest|rspec|phpunit|dotnet test|node --test|make (test|check))\b/
const BUILDS =
  /\b((npm|pnpm|yarn|bun) run (build|compile|lint|typecheck|check)|tsc|esbuild|vite build|webpack|cargo (build|check|clippy)|go (build|vet)|mvn|gradle|cmake|make|docker build|dotnet build)\b/
const GIT = /\b(git|gh) (?!(status|diff|log|show|blame|grep)\b)[a-z]/

const NAMES: readonly (readonly [RegExp, Kind])[] = [
  [EDITORS, 'editor'],
  [PLANNERS, 'planner'],
  [DELEGATORS, 'delegator'],
  [SHELLS, 'shell'],
]

/** There are few names, and every tool call has one; a log that is full of others begins anew. */
const KINDS_CAP = 1_000
const kinds = new Map<string, Kind>()

function kindOf(tool: string): Kind {
  const known = kinds.get(tool)
  if (known !== undefined) return known
  if (kinds.size >= KINDS_CAP) kinds.clear()
  const kind = NAMES.find(([names]) => names.test(tool))?.[1] ?? 'other'
  kinds.set(tool, kind)
  return kind
}

/** Whether it is a tool whose command line is looked at. */
export function isShell(tool: string): boolean {
  return kindOf(tool) === 'shell'
}

/** The turn after one of its calls used a tool; `command` is a shell's command line. */
export function useTool(turn: Turn, tool: string, command: string | undefined): Turn {
  return { used: turn.used | bitsOf(turn.used, tool, command), calls: turn.calls }
}

/** The turn after a further call. */
export function addCall(turn: Turn, call: CallKey): Turn {
  const { key, apart } = call
  const calls = turn.calls.slice(Math.max(0, turn.calls.length + 1 - CALLS_CAP))
  calls.push([key.a, key.b, apart])
  return { used: turn.used, calls }
}

/** By the bits that were used: every line that counts asks. */
const ACTIVITY_OF = Uint8Array.from({ length: 2 * USED.rerun }, (_, used) => {
  const row = TABLE.find(([bits]) => (used & bits) === bits)
  return row === undefined ? 0 : ACTIVITIES.indexOf(row[1])
})

/** Index into ACTIVITIES: what the turn was for, as far as it went. */
export function activityOf(turn: Turn): number {
  return ACTIVITY_OF[turn.used] ?? 0
}

/** What has to be told after a step from `before` to `after`: all calls if the activity rose, else a new one. */
export function tellActivity(before: Turn, after: Turn, session: Key): readonly ActivitySeen[] {
  const activity = activityOf(after)
  const newest = after.calls.at(-1)
  if (activity === 0 || newest === undefined) return NOTHING
  if (activity > activityOf(before)) return after.calls.map((call) => seenOf(call, session, activity))
  return newest === before.calls.at(-1) ? NOTHING : [seenOf(newest, session, activity)]
}

const NOTHING: readonly ActivitySeen[] = []

function seenOf(call: TurnCall, session: Key, activity: number): ActivitySeen {
  return { kind: 'activity', key: { a: call[0], b: call[1] }, apart: call[2], session, activity }
}

function bitsOf(used: number, tool: string, command: string | undefined): number {
  const kind = kindOf(tool)
  if (kind === 'editor') {
    const ranBefore = (used & (USED.tested | USED.built)) !== 0
    return ranBefore ? USED.edited | USED.mended : USED.edited
  }
  if (kind === 'planner') return USED.planned
  if (kind === 'delegator') return USED.delegated
  if (kind !== 'shell' || command === undefined) return USED.explored
  const again = (used & USED.mended) !== 0 ? USED.rerun : 0
  if (TESTS.test(command)) return USED.tested | again
  if (BUILDS.test(command)) return USED.built | again
  return GIT.test(command) ? USED.git : USED.explored
}
