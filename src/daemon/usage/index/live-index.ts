// The index while the daemon runs: the first index, then every change as it comes, a periodic look at everything behind
// it, and the checkpoint. One reading at a time; a small change is counted in the turn in which it is heard of.
import { existsSync, type Stats, statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Progress } from '../../../contract/daemon.ts'
import type { UsageContext } from '../context.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { sourceOf } from '../sources/sources.ts'
import {
  fileAt,
  hasChanged,
  type Place,
  placesOf,
  type Survey,
  sourceAt,
  survey,
  type Unreadable,
} from './catalogue.ts'
import { type Held, wakeMemories } from './checkpoint.ts'
import { type Indexer, startIndexer } from './indexing.ts'
import { Keeper } from './keeper.ts'
import type { LogFile } from './log-file.ts'
import { LogReader } from './reader.ts'
import { Watcher } from './watcher.ts'

/** More than this is read by the indexer, a process of its own. */
const INDEXER_BYTES = 32 << 20
/** The first look after the start closes the gap in which a folder appeared unwatched. */
const FIRST_RESCAN_MS = 2_000
const RESCAN_MS = 60_000
/** A rescan may take this part of the time between two: 20 ms a minute is 0.03 % of a core. */
const RESCAN_SHARE = 2_000
const IDLE_MS = 30_000
/** Bytes read in a row before others have a turn. */
const TURN_BYTES = 4 << 20

export class LiveIndex {
  ready = false
  tookMs = 0
  progress: Progress | null = null
  unreadable: readonly Unreadable[] = []
  /** Changes that only the rescan saw. */
  missed = 0
  readonly places: readonly Place[]
  readonly keeper: Keeper
  readonly watcher: Watcher
  #held: Held
  #indexer: Indexer | null = null
  #rescanTimer: NodeJS.Timeout | null = null
  #idleTimer: NodeJS.Timeout | null = null
  #stopped = false
  /** Paths that were heard of and not looked at yet. */
  readonly #touched = new Set<string>()
  #draining: Promise<void> | null = null
  readonly #reader = new LogReader()
  readonly #context: UsageContext

  constructor(context: UsageContext) {
    this.#context = context
    this.places = placesOf(context.surroundings, context.config)
    const { paths, incidents, now } = context
    this.keeper = new Keeper({ paths, incidents, now, held: () => this.#held })
    this.#held = this.keeper.open()
    this.watcher = new Watcher(context.surroundings.platform, (path) => this.#touch(path))
  }

  get ledger(): Ledger {
    return this.#held.ledger
  }

  get files(): ReadonlyMap<string, LogFile> {
    return this.#held.files
  }

  /** The first index, then watching. Resolves when every log that was there has been counted. */
  async start(): Promise<void> {
    const startedAt = this.#context.now()
    const resume = this.keeper.savedAt !== null
    // The first time there is most likely much to read, and the indexer takes as long to start as the survey does.
    if (!resume) this.#startIndexer()
    const found = this.#survey()
    this.#watch(found)
    if (found.bytes > INDEXER_BYTES && this.#context.indexer !== null) await this.#index(found, resume)
    else {
      this.#indexer?.stop()
      await this.#readAll(found.changed)
    }
    this.#indexer = null
    if (this.#stopped) return
    this.ready = true
    this.progress = null
    this.tookMs = this.#context.now() - startedAt
    this.#tellChange()
    this.#scheduleRescan(FIRST_RESCAN_MS)
    this.#drain()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.watcher.close()
    this.#indexer?.stop()
    if (this.#rescanTimer !== null) clearTimeout(this.#rescanTimer)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    await this.#draining
    if (this.keeper.isDue) await this.keeper.save()
  }

  /** Looks at every folder and file, and reads what is new. */
  async rescan(): Promise<{ files: number; changed: number; lines: number; tookMs: number }> {
    const startedAt = performance.now()
    await this.#draining
    const found = this.#survey()
    this.#watch(found)
    const linesBefore = found.changed.reduce((sum, file) => sum + file.lines, 0)
    await this.#readAll(found.changed)
    const lines = found.changed.reduce((sum, file) => sum + file.lines, 0) - linesBefore
    const tookMs = performance.now() - startedAt
    return { files: this.files.size, changed: found.changed.length, lines: Math.max(0, lines), tookMs }
  }

  #survey(): Survey {
    const found = survey(this.places, this.#held.files)
    this.unreadable = found.unreadable
    if (found.gone.length > 0) this.keeper.changed(true)
    return found
  }

  #watch(found: Survey): void {
    const roots = this.places.flatMap(({ folders }) => folders.map(({ path }) => path))
    this.watcher.follow(roots, found.folders, existsSync)
  }

  #startIndexer(): Indexer | null {
    const { indexer, now, bus } = this.#context
    if (indexer === null) return null
    const startedAt = new Date(now()).toISOString()
    this.#indexer = startIndexer(indexer, ({ kind: _, ...done }) => {
      this.progress = { ...done, startedAt }
      bus.emit('statusChanged')
    })
    return this.#indexer
  }

  async #index(found: Survey, resume: boolean): Promise<void> {
    const { paths, now, incidents } = this.#context
    const jobs = found.changed.map(({ path, agent }) => ({
      path,
      agent,
      bytes: found.waiting.get(path) ?? 0,
    }))
    const gone = found.gone.map(({ path }) => path)
    try {
      const indexer = this.#indexer ?? this.#startIndexer()
      const failures = await indexer!.run({ paths, now: now(), resume, jobs, gone })
      if (this.#stopped) return
      this.#held = this.keeper.open()
      this.#noteFailures(failures)
      incidents.resolve('indexerFailed')
    } catch (error) {
      if (this.#stopped) return
      incidents.record({
        code: 'indexerFailed',
        subject: paths.checkpoint,
        says: `the indexer failed (${(error as Error).message}); the daemon reads the logs itself, slowly`,
        next: 'if the state folder cannot be written, mend that; else report this',
      })
    }
    // What came while it read, and everything if it failed.
    await this.#readAll(this.#survey().changed)
  }

  async #readAll(files: readonly LogFile[]): Promise<void> {
    const bytesTotal = files.reduce((sum, file) => sum + Math.max(0, file.size - file.offset), 0)
    let bytesDone = 0
    let unbroken = 0
    for (const file of files) {
      for (const bytes of this.#read(file)) {
        bytesDone += bytes
        unbroken += bytes
        if (unbroken < TURN_BYTES) continue
        unbroken = 0
        if (!this.ready) this.#tellProgress(bytesDone, Math.max(bytesDone, bytesTotal), files.length)
        await nextTurn()
        if (this.#stopped) return
      }
    }
    if (files.length > 0) this.#tellChange()
  }

  #tellProgress(bytesDone: number, bytesTotal: number, filesTotal: number): void {
    const startedAt = this.progress?.startedAt ?? new Date(this.#context.now()).toISOString()
    this.progress = { bytesDone, bytesTotal, filesDone: 0, filesTotal, startedAt }
    this.#context.bus.emit('statusChanged')
  }

  /** Reads one file to its end; what it told is in the ledger chunk by chunk. */
  *#read(file: LogFile): Generator<number> {
    const { ledger } = this.#held
    wakeMemories(this.#context.paths.checkpoint, [file])
    const { offset, agent } = file
    const context = { source: sourceOf(agent), now: this.#context.now(), sink: ledger.sinkOf(agent) }
    try {
      yield* this.#reader.read(file, context)
      this.#noteFailures([], file.path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === undefined) throw error
      if (code === 'ENOENT') this.#forget(file)
      else this.#noteFailures([{ path: file.path, code }])
    }
    this.keeper.changed(file.offset < offset)
  }

  #noteFailures(failures: readonly { path: string; code: string }[], mended?: string): void {
    const others = this.unreadable.filter(
      ({ path }) => path !== mended && !failures.some((failure) => failure.path === path),
    )
    const named = failures.map((failure) => ({
      ...failure,
      agent: sourceAt(this.places, failure.path)?.agent ?? 'unknown',
    }))
    this.unreadable = [...others, ...named]
  }

  /** A log that is gone stays counted; the checkpoint is the only one left that knows. */
  #forget(file: LogFile): void {
    this.#held.files.delete(file.path)
    this.keeper.changed(true)
    this.#context.bus.emit('statusChanged')
  }

  #touch(path: string): void {
    this.#touched.add(path)
    if (this.ready && !this.#stopped) this.#drain()
  }

  #drain(): void {
    if (this.#draining !== null || this.#touched.size === 0) return
    this.#draining = this.#readTouched().finally(() => {
      this.#draining = null
      if (!this.#stopped) this.#drain()
    })
  }

  async #readTouched(): Promise<void> {
    let folders = false
    for (const path of this.#touched) {
      this.#touched.delete(path)
      const change = this.#lookAt(path)
      if (change === 'folder') folders = true
      else if (change !== null) await this.#readAll([change])
    }
    if (folders) await this.rescanAfter()
  }

  /** A folder came or went: everything is looked at once more, outside of the drain that noticed. */
  private async rescanAfter(): Promise<void> {
    const found = this.#survey()
    this.#watch(found)
    await this.#readAll(found.changed)
  }

  /** The log at a path that something happened to; `folder` if the folders have to be looked at again. */
  #lookAt(path: string): LogFile | 'folder' | null {
    const known = this.#held.files.get(path)
    const stat = statOf(path)
    if (stat === null) {
      if (known !== undefined) this.#forget(known)
      return this.watcher.watched.has(path) ? 'folder' : null
    }
    if (stat.isDirectory()) return this.#isOurs(path) && !this.watcher.watched.has(path) ? 'folder' : null
    const source = sourceAt(this.places, path)
    if (source === undefined || !stat.isFile()) return null
    const file = known ?? fileAt(this.#held.files, path, source.agent)
    return hasChanged(file, stat) ? file : null
  }

  /** Whether a folder lies in one of the log folders, or on the way to one that did not exist. */
  #isOurs(path: string): boolean {
    return this.places.some(({ folders }) =>
      folders.some((folder) => path.startsWith(folder.path) || folder.path.startsWith(path)),
    )
  }

  #tellChange(): void {
    this.#context.bus.emit('usageChanged')
    this.#context.bus.emit('statusChanged')
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#idleTimer = setTimeout(() => this.#idle(), IDLE_MS).unref()
  }

  #idle(): void {
    if (this.keeper.isDue) this.#idleTimer = setTimeout(() => this.#idle(), IDLE_MS).unref()
    else this.keeper.rest()
  }

  #scheduleRescan(after: number): void {
    if (this.#stopped) return
    this.#rescanTimer = setTimeout(() => {
      this.rescan().then(
        ({ changed, tookMs }) => {
          this.missed += changed
          this.#scheduleRescan(Math.max(RESCAN_MS, tookMs * RESCAN_SHARE))
        },
        () => this.#scheduleRescan(RESCAN_MS),
      )
    }, after).unref()
  }
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}
