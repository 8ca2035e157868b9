// Hears of changes below the log folders within a millisecond. On macOS one recursive watch a folder; on Linux one a
// directory, because Node's recursive watch there keeps a watch for every file. What it misses the rescan finds.
import { type FSWatcher, watch } from 'node:fs'
import { dirname, join } from 'node:path'

export class Watcher {
  /** Directories that are watched now. */
  readonly watched = new Map<string, FSWatcher>()
  /** Why a directory could not be watched: the code, e.g. ENOSPC when the system's limit is reached. */
  readonly failures = new Map<string, string>()
  readonly #onPath: (path: string) => void
  readonly #recursive: boolean

  /** `onPath` gets the full path of whatever changed, appeared or vanished. */
  constructor(platform: string, onPath: (path: string) => void) {
    this.#onPath = onPath
    this.#recursive = platform === 'darwin' || platform === 'win32'
  }

  /**
   * Watches exactly these directories from now on: what is left of `roots` (or, where a root does not exist yet, the nearest
   * folder above it), and on Linux every one of `folders` below them.
   */
  follow(roots: readonly string[], folders: readonly string[], exists: (path: string) => boolean): void {
    const wanted = new Set<string>(this.#recursive ? [] : folders)
    for (const root of roots) wanted.add(nearest(root, exists))
    for (const path of [...this.watched.keys(), ...this.failures.keys()])
      if (!wanted.has(path)) this.#end(path)
    for (const path of wanted) if (!this.watched.has(path)) this.#begin(path, roots.includes(path))
  }

  /** Ends every watch. */
  close(): void {
    for (const path of [...this.watched.keys()]) this.#end(path)
  }

  #begin(path: string, isRoot: boolean): void {
    try {
      const recursive = this.#recursive && isRoot
      const watcher = watch(path, { persistent: false, recursive }, (_event, name) => {
        this.#onPath(name === null ? path : join(path, name))
      })
      watcher.on('error', (error: NodeJS.ErrnoException) => this.#fail(path, error))
      this.watched.set(path, watcher)
      this.failures.delete(path)
    } catch (error) {
      this.#fail(path, error as NodeJS.ErrnoException)
    }
  }

  #fail(path: string, error: NodeJS.ErrnoException): void {
    this.#end(path)
    if (error.code !== 'ENOENT') this.failures.set(path, error.code ?? 'EUNKNOWN')
  }

  #end(path: string): void {
    this.watched.get(path)?.close()
    this.watched.delete(path)
    this.failures.delete(path)
  }
}

/** The folder itself, or the nearest one above it that exists. */
function nearest(path: string, exists: (path: string) => boolean): string {
  let folder = path
  while (!exists(folder) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}
