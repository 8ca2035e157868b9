// Finds the log files below a source's folders. Follows symbolic links, each target once, so loops end. What is
// found is handed on at once and not collected: thousands of stat results at a time cost megabytes.
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs'
import type { AnySource, Folder } from '../sources/source.ts'
import { below } from '../sources/sources.ts'

export interface Visitor {
  onFile(path: string, stat: Stats): void
  /** Every folder that was read, for watching. */
  onFolder(path: string): void
  onUnreadable(path: string, code: string): void
}

/** Deeper than any agent writes; a bound for what is not a log folder at all. */
const DEPTH_CAP = 12

/** All logs of `source`; what cannot be read is named and passed over, a folder that is absent is not an error. */
export function discover(source: AnySource, folders: readonly Folder[], visitor: Visitor): void {
  const seen = new Seen()
  for (const { path } of folders) new Walk(source, path, seen, visitor).folder(path, 0)
}

class Walk {
  readonly #source: AnySource
  readonly #root: string
  readonly #seen: Seen
  readonly #visitor: Visitor

  constructor(source: AnySource, root: string, seen: Seen, visitor: Visitor) {
    this.#source = source
    this.#root = root
    this.#seen = seen
    this.#visitor = visitor
  }

  folder(path: string, depth: number): void {
    let entries: Dirent[]
    try {
      entries = readdirSync(path, { withFileTypes: true })
    } catch (error) {
      this.#unreadable(path, error)
      return
    }
    this.#visitor.onFolder(path)
    for (const entry of entries) {
      // Not join: normalising ten thousand clean paths is the only work hot enough to start V8's optimiser, 4 MB of it.
      const inside = `${path}/${entry.name}`
      // Node cannot open a name that is no UTF-8 by the string it gives for it.
      if (entry.name.includes('\ufffd')) this.#visitor.onUnreadable(inside, 'EILSEQ')
      else if (entry.isDirectory()) this.#deeper(inside, depth)
      else if (entry.isFile()) this.#file(inside)
      else if (entry.isSymbolicLink()) this.#link(inside, depth)
    }
  }

  #deeper(path: string, depth: number): void {
    if (depth < DEPTH_CAP) this.folder(path, depth + 1)
  }

  #link(path: string, depth: number): void {
    try {
      const stat = statSync(path)
      // Only a link can lead to where one was already; the files there are known by their inodes.
      if (stat.isDirectory() && this.#seen.add(stat)) this.#deeper(path, depth)
      else if (stat.isFile()) this.#file(path)
    } catch (error) {
      this.#unreadable(path, error)
    }
  }

  #file(path: string): void {
    if (!this.#source.isLog(below(this.#root, path))) return
    try {
      const stat = statSync(path)
      if (this.#seen.add(stat)) this.#visitor.onFile(path, stat)
    } catch (error) {
      this.#unreadable(path, error)
    }
  }

  /** What vanished between listing and looking is not trouble. */
  #unreadable(path: string, error: unknown): void {
    const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN'
    if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#visitor.onUnreadable(path, code)
  }
}

/** By device and inode: reached again through a link or a second root, it is the same. */
class Seen {
  readonly #inodes = new Map<number, Set<number>>()

  /** False if it was there already. */
  add({ dev, ino }: Stats): boolean {
    let inodes = this.#inodes.get(dev)
    if (inodes === undefined) {
      inodes = new Set()
      this.#inodes.set(dev, inodes)
    }
    if (inodes.has(ino)) return false
    inodes.add(ino)
    return true
  }
}
