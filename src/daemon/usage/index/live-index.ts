// The index while the daemon runs: the first index, then every change as it comes, a periodic look at everything behind
// it, and the checkpoint. One piece of work at a time; a small change is counted in the turn in which it is heard of.
import { existsSync } from 'node:fs'
import type { Progress } from '../../../contract/daemon.ts'
import type { UsageContext } from '../context.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Place, placesOf, type Survey, survey, type Unreadable } from './catalogue.ts'
import { changeAt } from './change.ts'
import { BrokenCheckpoint, type Held, wakeMemories } from './checkpoint.ts'
import { FirstIndex } from './first-index.ts'
import { collectGarbage } from './garbage.ts'
import { Intake } from './intake.ts'
import { Keeper } from './keeper.ts'
import type { LogFile } from './log-file.ts'
import { sweep } from './sweep.ts'
import { Watcher } from './watcher.ts'

/** The first look after the start closes the gap in which a folder appeared unwatched. */
const FIRST_RESCAN_MS = 2_000
const RESCAN_MS = 60_000
/** At least this many times as long as a rescan takes lies between two: 0.03 % of a core. */
const RESCAN_SHARE = 3_000
/** After this long without a change, what only counting needs leaves memory. */
const IDLE_MS = 30_000

export class LiveIndex {
  ready = false
  /** The first index failed. */
  #failedAtFirst = false
  tookMs = 0
  /** Changes that only the rescan saw. */
  missed = 0
  readonly places: readonly Place[]
  readonly keeper: Keeper
  readonly watcher: Watcher
  #held: Held
  #rescanTimer: NodeJS.Timeout | null = null
  #idleTimer: NodeJS.Timeout | null = null
  #stopped = false
  /** Paths that were heard of and not looked at yet. */
  readonly #touched = new Set<string>()
  #drainQueued = false
  /** The work that is under way; the next waits for it. */
  #work: Promise<unknown> = Promise.resolve()
  readonly #intake = new Intake()
  readonly #first: FirstIndex
  readonly #context: UsageContext

  constructor(context: UsageContext) {
    this.#context = context
    this.places = placesOf(context.surroundings, context.config)
    const { paths, incidents, now, isTaken, format } = context
    this.keeper = new Keeper({ paths, incidents, now, isTaken, format, held: () => this.#held })
    if (context.ahead === null) sweep(paths.checkpoint)
    this.#held = this.keeper.open()
    this.#first = new FirstIndex({
      usage: context,
      places: this.places,
      intake: this.#intake,
      keeper: this.keeper,
      held: () => this.#held,
      reopen: () => this.#reopen(),
      look: () => this.#look(),
      read: (files, bytesTotal) => this.#read(files, bytesTotal),
    })
    this.watcher = new Watcher(context.surroundings.platform, (path) => this.#touch(path))
  }

  get ledger(): Ledger {
    return this.#held.ledger
  }

  /** Where the first index failed, what the checkpoint held has to do. */
  get isComplete(): boolean {
    return this.ready || (this.#failedAtFirst && this.#held.checkpoint !== null)
  }

  get progress(): Progress | null {
    return this.#first.progress
  }

  get files(): ReadonlyMap<string, LogFile> {
    return this.#held.files
  }

  get unreadable(): readonly Unreadable[] {
    return this.#intake.unreadable
  }

  /** The first index, then watching. Resolves when every log that was there has been counted. */
  async start(): Promise<void> {
    try {
      await this.#afterWork(() => this.#begin())
    } catch (error) {
      this.#failed(error)
      this.#failedAtFirst = true
      this.#context.bus.emit('usageChanged')
      this.#scheduleRescan(RESCAN_MS)
      throw error
    }
  }

  async #begin(): Promise<void> {
    const startedAt = this.#context.now()
    await this.#first.run()
    if (this.#stopped) return
    await this.#readTouched()
    this.ready = true
    this.tookMs = this.#context.now() - startedAt
    this.#tellChange()
    this.#scheduleRescan(FIRST_RESCAN_MS)
    this.#drain()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.watcher.close()
    this.#first.stop()
    if (this.#rescanTimer !== null) clearTimeout(this.#rescanTimer)
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    await this.#work
    await (this.keeper.isDue || this.keeper.isBereft ? this.keeper.save() : this.keeper.settled())
    this.#held.checkpoint?.close()
    this.#held.checkpoint = null
  }

  /** Looks at every folder and file, and reads what is new. */
  rescan(): Promise<{ files: number; changed: number; lines: number; tookMs: number }> {
    return this.#afterWork(async () => {
      const startedAt = performance.now()
      const { changed, bytes } = this.#look()
      if (this.keeper.isBereft) this.keeper.changed(true)
      const before = linesOf(changed)
      await this.#read(changed, bytes)
      const lines = Math.max(0, linesOf(changed) - before)
      return { files: this.files.size, changed: changed.length, lines, tookMs: performance.now() - startedAt }
    })
  }

  /** One piece of work at a time: two readers of one file would both count what lies between them. */
  #afterWork<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(() => this.#recovering(work))
    this.#work = done.catch(() => undefined)
    return done
  }

  /** What rested in the checkpoint may have been damaged meanwhile: then it is opened anew, and the work done again. */
  async #recovering<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof BrokenCheckpoint || error instanceof SyntaxError)) throw error
      this.#reopen()
      const { changed, bytes } = this.#look()
      await this.#read(changed, bytes)
      return await work()
    }
  }

  #reopen(): void {
    this.#held.checkpoint?.close()
    this.#held = this.keeper.open()
  }

  /** Surveys every place and watches what is there. */
  #look(): Survey {
    const found = survey(this.places, this.#held.files, this.#context.now())
    this.#intake.unreadable = found.unreadable
    if (found.gone.length > 0) this.keeper.changed(true)
    const roots = this.places.flatMap(({ folders }) => folders.map(({ path }) => path))
    this.watcher.follow(roots, found.folders, existsSync)
    return found
  }

  async #read(files: readonly LogFile[], bytesTotal: number): Promise<void> {
    if (files.length === 0) return
    wakeMemories(this.#held, files)
    const now = this.#context.now()
    await this.#intake.take(files, this.ledger, now, {
      onTurn: (bytesDone) => {
        if (!this.ready) this.#first.tell(bytesDone, bytesTotal, files.length, now)
        return this.#stopped
      },
      onRead: (_, rewound) => this.keeper.changed(rewound),
      onGone: (file) => this.#forget(file),
    })
    this.#tellChange()
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
    if (this.#drainQueued || this.#touched.size === 0) return
    this.#drainQueued = true
    this.#afterWork(() => this.#readTouched()).catch((error) => this.#failed(error))
  }

  async #readTouched(): Promise<void> {
    this.#drainQueued = false
    let folders = false
    for (const path of this.#touched) {
      this.#touched.delete(path)
      const { places, watcher } = this
      const { grown, gone, isFolder } = changeAt(path, {
        places,
        files: this.#held.files,
        watched: watcher.watched,
      })
      if (gone !== null) this.#forget(gone)
      if (isFolder) folders = true
      if (grown !== null) await this.#read([grown], 0)
      if (this.#stopped) return
    }
    if (!folders) return
    const { changed, bytes } = this.#look()
    await this.#read(changed, bytes)
  }

  #tellChange(): void {
    this.#context.bus.emit('usageChanged')
    this.#context.bus.emit('statusChanged')
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    if (!this.#stopped) this.#idleTimer = setTimeout(() => this.#idle(), IDLE_MS).unref()
  }

  #idle(): void {
    if (this.keeper.isDue) this.#idleTimer = setTimeout(() => this.#idle(), IDLE_MS).unref()
    else if (this.keeper.rest()) collectGarbage()
  }

  /** Something that nothing else caught: the doctor says so, and the next rescan tries again. */
  #failed(error: unknown): void {
    const { incidents, paths } = this.#context
    incidents.record({
      code: 'countingFailed',
      subject: paths.state,
      says: `a part of the logs could not be counted (${(error as Error).message}); it is tried again every minute`,
      next: 'if this stays, please report it',
    })
  }

  #scheduleRescan(after: number): void {
    if (this.#stopped) return
    this.#rescanTimer = setTimeout(() => {
      this.rescan().then(
        ({ changed, tookMs }) => {
          this.missed += changed
          this.#context.incidents.resolve('countingFailed')
          this.#scheduleRescan(Math.max(RESCAN_MS, tookMs * RESCAN_SHARE))
        },
        (error) => {
          this.#failed(error)
          this.#scheduleRescan(RESCAN_MS)
        },
      )
    }, after).unref()
  }
}

function linesOf(files: readonly LogFile[]): number {
  return files.reduce((sum, { lines }) => sum + lines, 0)
}
