// Runs the indexer as a child process and hears how far it is.
import { fork } from 'node:child_process'
import type { Config } from '../../../contract/config.ts'
import type { Paths } from '../../../contract/paths.ts'
import type { Failure } from './shared-jobs.ts'

/** One log that has something new. */
export interface Job {
  readonly path: string
  readonly agent: string
  /** Bytes that wait to be read. */
  readonly bytes: number
}

/** What the daemon found. */
export interface ListedOrder {
  readonly kind: 'listed'
  readonly paths: Paths
  /** Unix milliseconds. */
  readonly now: number
  /** The checkpoint to go on from; null to begin anew. */
  readonly resume: string | null
  readonly jobs: readonly Job[]
  /** Logs of the checkpoint that are there no more. */
  readonly gone: readonly string[]
}

/** Every log that there is; the indexer looks for them itself, in its own environment. */
export interface WholeOrder {
  readonly kind: 'whole'
  readonly paths: Paths
  /** Unix milliseconds. */
  readonly now: number
  readonly home: string
  readonly platform: string
  readonly config: Config
  /** With no more bytes than this it leaves everything to the daemon. */
  readonly leftBytes: number
}

export type IndexOrder = ListedOrder | WholeOrder

export interface IndexProgress {
  readonly kind: 'progress'
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly filesDone: number
  readonly filesTotal: number
}

/** What the indexer says to the daemon; `done` means that the checkpoint is written, `left` that nothing was read. */
export type IndexNews =
  | IndexProgress
  | { readonly kind: 'done'; readonly failures: readonly Failure[] }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly says: string }

/** An indexer that was started and has its order, or waits for it. */
export interface Indexer {
  /**
   * Resolves when what was ordered is in the checkpoint, null where it left it to the daemon; rejects with what went wrong.
   * An order counts from the call: nobody has to wait for the indexer to listen.
   */
  run(order: IndexOrder): Promise<readonly Failure[] | null>
  /** Who hears how far it is, from now on. */
  onProgress(hear: (news: IndexProgress) => void): void
  /** Ends it at once. */
  stop(): void
}

/** Its threads take every processor: collecting garbage with the help of others would only wait for them. */
const FLAGS = ['--single-threaded-gc']

/** Starts the program at `path`, which takes about 50 ms to listen. */
export function startIndexer(path: string): Indexer {
  const child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: FLAGS })
  let hear: (news: IndexProgress) => void = () => undefined
  const done = new Promise<readonly Failure[] | null>((resolve, reject) => {
    child.on('message', (news: IndexNews) => {
      if (news.kind === 'progress') hear(news)
      else if (news.kind === 'done') resolve(news.failures)
      else if (news.kind === 'left') resolve(null)
      else reject(new Error(news.says))
    })
    child.once('error', reject)
    child.once('exit', (status, signal) => reject(new Error(`the indexer ended with ${signal ?? status}`)))
  })
  done.catch(() => undefined)
  return {
    run(order) {
      // Where it could not be sent, the process has ended, and `done` says so.
      child.send(order, () => undefined)
      return done
    },
    onProgress(next) {
      hear = next
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
