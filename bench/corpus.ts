// Generates the logs of agents together with their true totals: what the daemon, and others, are measured against.
// Deterministic: the same options give the same bytes. Used by tests, benchmarks and the demo.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Calendar, DAY } from './corpus/calendar.ts'
import { ClaudeCodeLogs } from './corpus/claude-code.ts'
import { CodexLogs } from './corpus/codex.ts'
import { Random } from './corpus/random.ts'
import { Text } from './corpus/text.ts'
import { type Truth, TruthKeeper } from './corpus/truth.ts'
import { projectFolders, type World } from './corpus/world.ts'

export type { AgentTruth, Truth, TruthTally } from './corpus/truth.ts'

const MEGABYTE = 1_048_576

export interface CorpusOptions {
  /** Gets `.claude/projects` and `.codex/sessions`; what these held is removed. */
  readonly home: string
  readonly megabytes: number
  readonly seed?: number
  /** Last UTC day with logs, YYYY-MM-DD. */
  readonly endDay?: string
  /** Nothing is logged at or after this moment (ms); the end of `endDay` if absent. */
  readonly endAt?: number
  /** Length of the range in days. The default of 270 to 2026-11-19 has both of Los Angeles' clock changes. */
  readonly days?: number
  /** Codex' part of the bytes, 0 to 1. */
  readonly codexShare?: number
}

/** Writes the corpus and returns its true totals. */
export function generateCorpus(options: CorpusOptions): Truth {
  const { home, megabytes, seed = 1, endDay = '2026-11-19', days = 270, codexShare = 0.3 } = options
  const end = Math.min(Date.parse(`${endDay}T00:00:00Z`) + DAY, options.endAt ?? Number.POSITIVE_INFINITY)
  if (!Number.isFinite(end)) throw new RangeError(`not a day: ${endDay}`)
  rmSync(join(home, '.claude'), { recursive: true, force: true })
  rmSync(join(home, '.codex'), { recursive: true, force: true })

  const random = new Random(seed)
  const calendar = new Calendar(random, end, days)
  const truth = new TruthKeeper(calendar.clockChanges)
  const text = new Text(random)
  const world: World = { home, random, calendar, truth, text, folders: projectFolders(random) }
  writeSessions(world, megabytes * MEGABYTE, days, codexShare)
  truth.trap('foreignTexts', text.foreignTexts)
  return truth.finish(megabytes, seed)
}

function writeSessions(world: World, bytes: number, days: number, codexShare: number): void {
  const { random } = world
  const claudeCode = new ClaudeCodeLogs(world)
  const codex = new CodexLogs(world)
  // Small corpora get small sessions, so that most days have one.
  const median = Math.min(400_000, Math.max(30_000, bytes / (days * 4)))
  let written = 0
  let writtenByCodex = 0
  while (written < bytes) {
    const target = Math.min(bytes - written, 30_000_000, Math.max(20_000, random.logNormal(median, 1.25)))
    if (writtenByCodex < written * codexShare) {
      const size = codex.writeSession(target)
      writtenByCodex += size
      written += size
    } else {
      written += claudeCode.writeSession(target)
    }
  }
}
