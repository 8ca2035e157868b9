// Which log files there are and which of them have something new: compares what is found on disk with what was read.
import type { Config } from '../../../contract/config.ts'
import type { Surroundings } from '../../../contract/paths.ts'
import type { AnySource, Folder } from '../sources/source.ts'
import { below, foldersOf, SOURCES } from '../sources/sources.ts'
import { discover, type Found, type FoundFile } from './discover.ts'
import { type LogFile, newLogFile } from './log-file.ts'

export interface Place {
  readonly source: AnySource
  readonly folders: readonly Folder[]
}

/** Each source with the folders it looks at. */
export function placesOf(at: Surroundings, config: Config): Place[] {
  return SOURCES.map((source) => ({ source, folders: foldersOf(source, at, config) }))
}

export interface Survey {
  readonly changed: LogFile[]
  readonly gone: LogFile[]
  /** Bytes that wait to be read, in all and by path. */
  readonly bytes: number
  readonly waiting: ReadonlyMap<string, number>
  readonly folders: string[]
  readonly unreadable: { agent: string; path: string; code: string }[]
}

/** Looks at every place. New files are added to `files`, those that are gone are taken out; what they told stays counted. */
export function survey(places: readonly Place[], files: Map<string, LogFile>): Survey {
  const result = { changed: [], gone: [], folders: [], unreadable: [] } as Pick<
    Survey,
    'changed' | 'gone' | 'folders' | 'unreadable'
  >
  const waiting = new Map<string, number>()
  const present = new Set<string>()
  let bytes = 0
  for (const { source, folders } of places) {
    const found: Found = discover(source, folders)
    result.folders.push(...found.folders)
    result.unreadable.push(...found.unreadable.map((each) => ({ agent: source.agent, ...each })))
    for (const each of found.files) {
      present.add(each.path)
      const file = fileOf(files, each)
      if (!hasChanged(file, each)) continue
      result.changed.push(file)
      const rest = each.stat.size >= file.offset ? each.stat.size - file.offset : each.stat.size
      waiting.set(each.path, rest)
      bytes += rest
    }
  }
  for (const [path, file] of files) {
    if (present.has(path) || isHidden(path, result.unreadable)) continue
    files.delete(path)
    result.gone.push(file)
  }
  return { ...result, bytes, waiting }
}

/** The source that a path belongs to, by the place it lies in; undefined for anything that is no log. */
export function sourceAt(places: readonly Place[], path: string): AnySource | undefined {
  return places.find(({ source, folders }) =>
    folders.some((folder) => path.startsWith(`${folder.path}/`) && source.isLog(below(folder.path, path))),
  )?.source
}

function fileOf(files: Map<string, LogFile>, { path, agent }: FoundFile): LogFile {
  const known = files.get(path)
  if (known !== undefined) return known
  const file = newLogFile(path, agent)
  files.set(path, file)
  return file
}

function hasChanged(file: LogFile, { stat }: FoundFile): boolean {
  return stat.size !== file.size || stat.mtimeMs !== file.mtimeMs || stat.ino !== file.ino
}

/** A file below a folder that cannot be read at the moment is not gone. */
function isHidden(path: string, unreadable: Survey['unreadable']): boolean {
  return unreadable.some((each) => path === each.path || path.startsWith(`${each.path}/`))
}
