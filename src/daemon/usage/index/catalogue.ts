// Which log files there are and which of them have something new: compares what is found on disk with what was read.
import type { Stats } from 'node:fs'
import type { Config } from '../../../contract/config.ts'
import type { Surroundings } from '../../../contract/paths.ts'
import type { AnySource, Folder } from '../sources/source.ts'
import { below, foldersOf, SOURCES } from '../sources/sources.ts'
import { discover } from './discover.ts'
import { type LogFile, newLogFile, rewind } from './log-file.ts'

export interface Place {
  readonly source: AnySource
  readonly folders: readonly Folder[]
}

/** Each source with the folders it looks at. */
export function placesOf(at: Surroundings, config: Config): Place[] {
  return SOURCES.map((source) => ({ source, folders: foldersOf(source, at, config) }))
}

export interface Unreadable {
  readonly agent: string
  readonly path: string
  readonly code: string
}

export interface Survey {
  readonly changed: LogFile[]
  readonly gone: LogFile[]
  /** Bytes that wait to be read, in all and by path. */
  readonly bytes: number
  readonly waiting: ReadonlyMap<string, number>
  readonly folders: string[]
  readonly unreadable: Unreadable[]
}

/** Looks at every place. New files are added to `files`, those that are gone are taken out; what they told stays counted. `now` in Unix ms. */
export function survey(places: readonly Place[], files: Map<string, LogFile>, now: number): Survey {
  const changed: LogFile[] = []
  const folders: string[] = []
  const unreadable: Unreadable[] = []
  const waiting = new Map<string, number>()
  const present = new Set<LogFile>()
  for (const { source, folders: roots } of places) {
    const { agent } = source
    discover(source, roots, {
      onFolder: (path) => folders.push(path),
      onUnreadable: (path, code) => unreadable.push({ agent, path, code }),
      onFile(path, stat) {
        const file = fileAt(files, path, agent)
        present.add(file)
        if (file.recheckAt !== 0 && now >= file.recheckAt) rewind(file)
        else if (!hasChanged(file, stat)) return
        changed.push(file)
        waiting.set(path, stat.size >= file.offset ? stat.size - file.offset : stat.size)
      },
    })
  }
  const gone = [...files.values()].filter((file) => !present.has(file) && !isHidden(file.path, unreadable))
  for (const { path } of gone) files.delete(path)
  const bytes = [...waiting.values()].reduce((sum, each) => sum + each, 0)
  return { changed, gone, folders, unreadable, waiting, bytes }
}

/** The source that a path belongs to, by the place it lies in; undefined for anything that is no log. */
export function sourceAt(places: readonly Place[], path: string): AnySource | undefined {
  return places.find(({ source, folders }) =>
    folders.some((folder) => path.startsWith(`${folder.path}/`) && source.isLog(below(folder.path, path))),
  )?.source
}

/** The file at `path`, added if it is new. */
export function fileAt(files: Map<string, LogFile>, path: string, agent: string): LogFile {
  const known = files.get(path)
  if (known !== undefined) return known
  const file = newLogFile(path, agent)
  files.set(path, file)
  return file
}

/** Whether there may be something new in the file. */
export function hasChanged(file: LogFile, stat: Stats): boolean {
  return stat.size !== file.size || stat.mtimeMs !== file.mtimeMs || stat.ino !== file.ino
}

/** A file below a folder that cannot be read at the moment is not gone. */
function isHidden(path: string, unreadable: readonly Unreadable[]): boolean {
  return unreadable.some((each) => path === each.path || path.startsWith(`${each.path}/`))
}
