// The file that stderr is where there is no journal: a detached daemon's log, or launchd's. It begins anew past a size, and what the own
// log held is kept, once, so that the last words before a row of crashes are not lost.
import { copyFileSync, fstatSync, ftruncateSync, renameSync, rmSync, type Stats, statSync } from 'node:fs'
import type { Paths } from '../../contract/paths.ts'

/** stderr begins anew past this size, in bytes. */
const LARGEST_FILE = 4 * 1024 * 1024

export type LogPaths = Pick<Paths, 'log' | 'logPrevious'>

/** Where stderr is a file that is too large it begins anew; the own log is kept as `logPrevious` before. Never throws. */
export function trimStderr(paths: LogPaths | undefined): void {
  try {
    const stderr = fstatSync(2)
    if (!stderr.isFile() || stderr.size <= LARGEST_FILE) return
    // A file that somebody else's shell led stderr to is theirs.
    if (paths === undefined || !isAt(paths.log, stderr)) return
    keep(paths)
    // Emptied and not exchanged: whoever started us holds the same file.
    ftruncateSync(2, 0)
  } catch {
    // A closed stderr has nothing to trim.
  }
}

function isAt(path: string, { dev, ino }: Stats): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.ino === ino && found.dev === dev
}

/** The older one goes first: it makes the room that the copy needs on a full disk. Where there is none even so, the bound comes before the words. */
function keep({ log, logPrevious }: LogPaths): void {
  const fresh = `${logPrevious}.new`
  try {
    rmSync(logPrevious, { force: true })
    rmSync(fresh, { force: true })
    copyFileSync(log, fresh)
    renameSync(fresh, logPrevious)
  } catch {
    rmSync(fresh, { force: true })
  }
}
