// What a process holds at one moment, as Linux' /proc tells it, and what became of it over time.
import { readdirSync, readlinkSync } from 'node:fs'
import { residentMemory } from '../process-tree.ts'
import { median } from '../statistics.ts'

export interface Sample {
  /** Since the beginning. */
  readonly seconds: number
  readonly residentBytes: number
  /** Open descriptors by what they are: `socket`, `anon_inode`, `pipe`, `file`. */
  readonly descriptors: Readonly<Record<string, number>>
}

export function sampleOf(pid: number, seconds: number): Sample {
  return { seconds, residentBytes: residentMemory([pid]), descriptors: descriptorsOf(pid) }
}

export function descriptorsOf(pid: number): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${name}`)
    if (kind !== null) kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
}

export const countOf = (descriptors: Readonly<Record<string, number>>) =>
  Object.values(descriptors).reduce((sum, count) => sum + count, 0)

/** Median resident memory of the last third of the samples, over that of the third before. */
export function growthOf(samples: readonly Sample[]): number {
  const third = Math.floor(samples.length / 3)
  if (third === 0) throw new RangeError('too few samples')
  const resident = samples.map(({ residentBytes }) => residentBytes)
  return median(resident.slice(-third)) / median(resident.slice(-2 * third, -third))
}

/** Null where it was closed while the folder was read. */
function kindOf(path: string): string | null {
  try {
    return /^(\w+):/.exec(readlinkSync(path))?.[1] ?? 'file'
  } catch {
    return null
  }
}
