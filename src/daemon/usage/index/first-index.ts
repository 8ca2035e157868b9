// The first index: everything that came while the daemon was away. Little is read in this process, much by the indexer, and
// whoever asks is told how far it is.
import type { Progress } from '../../../contract/daemon.ts'
import type { UsageContext } from '../context.ts'
import { INDEXER_BYTES } from './ahead.ts'
import { fileAt, type Place, type Survey, sourceAt } from './catalogue.ts'
import type { Held } from './checkpoint.ts'
import { type Indexer, startIndexer } from './indexing.ts'
import type { Intake } from './intake.ts'
import type { Keeper } from './keeper.ts'
import type { LogFile } from './log-file.ts'
import type { Failure } from './shared-jobs.ts'

export interface FirstIndexContext {
  readonly usage: UsageContext
  readonly places: readonly Place[]
  readonly intake: Intake
  readonly keeper: Keeper
  readonly held: () => Held
  /** Loads the checkpoint that the indexer wrote. */
  readonly reopen: () => void
  readonly look: () => Survey
  readonly read: (files: readonly LogFile[], bytesTotal: number) => Promise<void>
}

export class FirstIndex {
  /** Null when there is nothing under way. */
  progress: Progress | null = null
  #indexer: Indexer | null = null
  #stopped = false
  readonly #context: FirstIndexContext

  constructor(context: FirstIndexContext) {
    this.#context = context
  }

  /** Resolves when every log that was there has been counted, or when it was stopped. */
  async run(): Promise<void> {
    const { look, read, usage, held } = this.#context
    const { ahead, indexer } = usage
    if (ahead !== null) this.#follow(ahead.indexer)
    // Also where the indexer is at work already: from here on the watcher hears of what changes.
    const found = look()
    const taken = ahead === null ? 'left' : await this.#take(ahead.done)
    if (taken === 'counted') {
      const late = lateFiles(found, held().files)
      await read(late, 0)
    } else if (taken === 'left' && found.bytes > INDEXER_BYTES && indexer !== null) {
      await this.#order(found, indexer)
    } else if (!this.#stopped) await read(found.changed, found.bytes)
    this.#indexer = null
    this.progress = null
  }

  stop(): void {
    this.#stopped = true
    this.#indexer?.stop()
  }

  /** How far the reading in this process is, of so many bytes and files. */
  tell(bytesDone: number, bytesTotal: number, filesTotal: number, now: number): void {
    const startedAt = this.progress?.startedAt ?? new Date(now).toISOString()
    this.progress = {
      bytesDone,
      bytesTotal: Math.max(bytesDone, bytesTotal),
      filesDone: 0,
      filesTotal,
      startedAt,
    }
    this.#context.usage.bus.emit('statusChanged')
  }

  #follow(indexer: Indexer): void {
    const { now, bus } = this.#context.usage
    const startedAt = new Date(now()).toISOString()
    this.#indexer = indexer
    indexer.onProgress(({ kind: _, ...done }) => {
      this.progress = { ...done, startedAt }
      bus.emit('statusChanged')
    })
  }

  async #order({ changed, gone, waiting }: Survey, program: string): Promise<void> {
    const { usage, keeper, held, look, read } = this.#context
    const { paths, now } = usage
    const wasDue = keeper.cancel()
    const resume = held().checkpoint?.path ?? null
    const jobs = changed.map(({ path, agent }) => ({ path, agent, bytes: waiting.get(path) ?? 0 }))
    const indexer = startIndexer(program)
    this.#follow(indexer)
    const order = {
      kind: 'listed',
      paths,
      now: now(),
      resume,
      jobs,
      gone: gone.map(({ path }) => path),
    } as const
    const taken = await this.#take(indexer.run(order))
    if (taken !== 'counted' && wasDue) keeper.changed(true)
    if (this.#stopped) return
    // What came while it read, and everything if it failed.
    const found = look()
    await read(found.changed, found.bytes)
  }

  /** Waits for the indexer, and takes over what it counted; `left` is what it left to be read here. */
  async #take(done: Promise<readonly Failure[] | null>): Promise<'counted' | 'left' | 'failed'> {
    const { usage, keeper, reopen } = this.#context
    const { paths, incidents } = usage
    try {
      const failures = await done
      if (failures === null) return 'left'
      if (this.#stopped) return 'failed'
      reopen()
      for (const failure of failures) this.#note(failure)
      keeper.secure()
      incidents.resolve('indexerFailed')
      return 'counted'
    } catch (error) {
      if (this.#stopped) return 'failed'
      incidents.record({
        code: 'indexerFailed',
        subject: paths.checkpoint,
        says: `the indexer failed (${(error as Error).message}); the daemon reads the logs itself, slowly`,
        next: 'if the state folder cannot be written, mend that; else report this',
      })
      return 'failed'
    }
  }

  #note(failure: { readonly path: string; readonly code: string }): void {
    const { intake, places } = this.#context
    intake.note(sourceAt(places, failure.path)?.agent ?? 'unknown', failure)
  }
}

/** What grew or came between the indexer's look at the logs and the daemon's. */
function lateFiles({ waiting, changed }: Survey, files: Map<string, LogFile>): LogFile[] {
  return changed
    .filter(({ path }) => (files.get(path)?.size ?? -1) < waiting.get(path)!)
    .map(({ path, agent }) => fileAt(files, path, agent))
}
