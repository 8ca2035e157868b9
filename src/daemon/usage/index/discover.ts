// Finds the log files below a source's folders. Follows symbolic links, but no folder or file twice, so loops end.
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AnySource, Folder } from '../sources/source.ts'
import { below } from '../sources/sources.ts'

export interface FoundFile {
  readonly path: string
  readonly agent: string
  readonly stat: Stats
}

export interface Found {
  readonly files: FoundFile[]
  /** Every folder that was read, for watching. */
  readonly folders: string[]
  readonly unreadable: { path: string; code: string }[]
}

/** Deeper than any agent writes; a bound for what is not a log folder at all. */
const DEPTH_CAP = 12

/** All logs of `source`; what cannot be read is named and passed over, a folder that is absent is not an error. */
export function discover(source: AnySource, folders: readonly Folder[]): Found {
  const found: Found = { files: [], folders: [], unreadable: [] }
  const seen = new Set<string>()
  for (const { path } of folders) walk(source, path, path, 0, seen, found)
  return found
}

function walk(
  source: AnySource,
  root: string,
  folder: string,
  depth: number,
  seen: Set<string>,
  found: Found,
): void {
  let entries: Dirent[]
  try {
    if (!isNew(seen, statSync(folder))) return
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    note(found, folder, error)
    return
  }
  found.folders.push(folder)
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < DEPTH_CAP) walk(source, root, path, depth + 1, seen, found)
    else if (entry.isFile()) lookAt(source, root, path, seen, found)
    else if (entry.isSymbolicLink()) followLink(source, root, path, depth, seen, found)
  }
}

function followLink(
  source: AnySource,
  root: string,
  path: string,
  depth: number,
  seen: Set<string>,
  found: Found,
): void {
  try {
    const stat = statSync(path)
    if (stat.isDirectory() && depth < DEPTH_CAP) walk(source, root, path, depth + 1, seen, found)
    else if (stat.isFile()) lookAt(source, root, path, seen, found)
  } catch (error) {
    note(found, path, error)
  }
}

function lookAt(source: AnySource, root: string, path: string, seen: Set<string>, found: Found): void {
  if (!source.isLog(below(root, path))) return
  try {
    const stat = statSync(path)
    if (isNew(seen, stat)) found.files.push({ path, agent: source.agent, stat })
  } catch (error) {
    note(found, path, error)
  }
}

/** By device and inode: reached again through a link or a second root, it is the same. */
function isNew(seen: Set<string>, stat: Stats): boolean {
  const id = `${stat.dev} ${stat.ino}`
  if (seen.has(id)) return false
  seen.add(id)
  return true
}

/** What vanished between listing and looking is not trouble. */
function note(found: Found, path: string, error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN'
  if (code !== 'ENOENT' && code !== 'ENOTDIR') found.unreadable.push({ path, code })
}
