// What the writers of both agents' logs share: where to write, chance, text, time, and the truth they report to.
import { type Calendar, HOUR, MINUTE, SECOND } from './calendar.ts'
import { type Layout, LogFile } from './log-file.ts'
import type { Random } from './random.ts'
import type { Text } from './text.ts'
import type { TruthKeeper } from './truth.ts'

const PROJECTS = ['api', 'web', 'infra', 'mobile', 'ml', 'docs', 'tallyd', 'games'] as const

export interface World {
  readonly home: string
  readonly random: Random
  readonly text: Text
  readonly calendar: Calendar
  readonly truth: TruthKeeper
  /** Absolute folders of the projects that are worked on. */
  readonly folders: readonly string[]
}

export function projectFolders(random: Random): string[] {
  return Array.from(
    { length: 24 },
    (_, index) => `/home/dev/code/${random.pick(PROJECTS)}/${String(index).padStart(2, '0')}`,
  )
}

export function pickLayout({ random, truth }: World): Layout {
  if (!random.chance(0.04)) return 'compact'
  truth.trap('spacedFiles')
  return 'spaced'
}

/** Writes one file and returns its size in bytes. */
export function writeLog(world: World, path: string, layout: Layout, fill: (file: LogFile) => void): number {
  const file = new LogFile(path, layout)
  fill(file)
  const bytes = file.close()
  world.truth.files++
  world.truth.bytes += bytes
  world.truth.lines += file.lines
  return bytes
}

/** ms until the person writes again: minutes, now and then a long break. */
export function pauseBetweenTurns(random: Random): number {
  return random.chance(0.08)
    ? random.integer(20 * MINUTE, 1.6 * HOUR)
    : random.integer(15 * SECOND, 5 * MINUTE)
}

/** Length in characters of what a tool printed. */
export function toolOutputLength(random: Random, median: number): number {
  return Math.min(40_000, Math.max(1000, random.logNormal(median, 0.95)))
}
