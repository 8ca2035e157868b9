// The first index: everything that came while the daemon was away. Little is read in this process, much by the indexer, and
// whoever asks is told how far it is.
import type { Progress } from '../../../contract/daemon.ts'
import type { UsageContext } from '../context.ts'
import { type Place, type Survey, sourceAt } from './catalogue.ts'
import type { Held } from './checkpoint.ts'
import { type Indexer, startIndexer } from './indexing.ts'
import type { Intake } from './intake.ts'
import type { Keeper } from './keeper.ts'
import type { LogFile } from './log-file.ts'

/** More than this is read by the indexer, a process of its own. */
const INDEXER_BYTES = 32 << 20

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
    const { held, look, read, usage } = this.#context
    // The first time there is most likely much to read, and the indexer takes as long to start as the survey does.
    if (held().checkpoint === null) this.#startIndexer()
    const found = look()
    if (found.bytes > INDEXER_BYTES && usage.indexer !== null) await this.#order(found)
    else {
      this.#indexer?.stop()
      await read(found.changed, found.bytes)
    }
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

  #startIndexer(): Indexer | null {
    const { indexer, now, bus } = this.#context.usage
    if (indexer === null) return null
    const startedAt = new Date(now()).toISOString()
    this.#indexer = startIndexer(indexer, ({ kind: _, ...done }) => {
      this.progress = { ...done, startedAt }
      bus.emit('statusChanged')
    })
    return this.#indexer
  }

  async #order({ changed, gone, waiting }: Survey): Promise<void> {
    const { usage, keeper, held, reopen, look, read } = this.#context
    const { paths, now, incidents } = usage
    const wasDue = keeper.cancel()
    const resume = held().checkpoint?.path ?? null
    const jobs = changed.map(({ path, agent }) => ({ path, agent, bytes: waiting.get(path) ?? 0 }))
    const order = { paths, now: now(), resume, jobs, gone: gone.map(({ path }) => path) }
    try {
      const failures = await (this.#indexer ?? this.#startIndexer())!.run(order)
      if (this.#stopped) return
      reopen()
      for (const failure of failures) this.#note(failure)
      keeper.secure()
      incidents.resolve('indexerFailed')
    } catch (error) {
      if (wasDue) keeper.changed(true)
      if (this.#stopped) return
      incidents.record({
        code: 'indexerFailed',
        subject: paths.checkpoint,
        says: `the indexer failed (${(error as Error).message}); the daemon reads the logs itself, slowly`,
        next: 'if the state folder cannot be written, mend that; else report this',
      })
    }
    // What came while it read, and everything if it failed.
    const found = look()
    await read(found.changed, found.bytes)
  }

  #note(failure: { readonly path: string; readonly code: string }): void {
    const { intake, places } = this.#context
    intake.note(sourceAt(places, failure.path)?.agent ?? 'unknown', failure)
  }
}
