// What happened at a path that the watcher heard of.
import { type Stats, statSync } from 'node:fs'
import { fileAt, hasChanged, type Place, sourceAt } from './catalogue.ts'
import type { LogFile } from './log-file.ts'

export interface Change {
  /** A log that has something new. */
  readonly grown: LogFile | null
  /** A log that is there no more. */
  readonly gone: LogFile | null
  /** The folders have to be looked at again. */
  readonly isFolder: boolean
}

export interface KnownPaths {
  readonly places: readonly Place[]
  /** A log that is new is added. */
  readonly files: Map<string, LogFile>
  readonly watched: ReadonlyMap<string, unknown>
}

/** Looks at the path. */
export function changeAt(path: string, { places, files, watched }: KnownPaths): Change {
  const known = files.get(path)
  const stat = statOf(path)
  if (stat === null) return { grown: null, gone: known ?? null, isFolder: watched.has(path) }
  if (stat.isDirectory()) {
    return { grown: null, gone: null, isFolder: isOurs(path, places) && !watched.has(path) }
  }
  const source = sourceAt(places, path)
  if (source === undefined || !stat.isFile()) return { grown: null, gone: null, isFolder: false }
  const file = known ?? fileAt(files, path, source.agent)
  return { grown: hasChanged(file, stat) ? file : null, gone: null, isFolder: false }
}

/** Whether a folder lies in one of the log folders, or on the way to one that did not exist. */
function isOurs(path: string, places: readonly Place[]): boolean {
  return places.some(({ folders }) =>
    folders.some((folder) => path.startsWith(folder.path) || folder.path.startsWith(path)),
  )
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}
