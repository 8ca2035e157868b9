// Runs the indexer as a child process and hears how far it is.
import { fork } from 'node:child_process'
import type { Config } from '../../../contract/config.ts'
import type { Paths, Surroundings } from '../../../contract/paths.ts'
import type { Failure } from './shared-jobs.ts'

export interface IndexOrder {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  /** Unix milliseconds. */
  readonly now: number
  /** Whether to go on from the checkpoint at `paths`. */
  readonly resume: boolean
}

export interface IndexProgress {
  readonly kind: 'progress'
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly filesDone: number
  readonly filesTotal: number
}

/** What the indexer says to the daemon; `done` means that the checkpoint is written. */
export type IndexNews =
  | IndexProgress
  | { readonly kind: 'done'; readonly failures: readonly Failure[] }
  | { readonly kind: 'failed'; readonly says: string }

/** A started indexer: `done` rejects with what it said if it fails; `stop` ends it. */
export interface Indexing {
  readonly done: Promise<readonly Failure[]>
  stop(): void
}

/** Starts the program at `path`. What it counted is in the checkpoint when `done` resolves. */
export function startIndexer(path: string, order: IndexOrder, onProgress: (news: IndexProgress) => void): Indexing {
  const child = fork(path, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
  const done = new Promise<readonly Failure[]>((resolve, reject) => {
    child.on('message', (news: IndexNews) => {
      if (news.kind === 'progress') onProgress(news)
      else if (news.kind === 'done') resolve(news.failures)
      else reject(new Error(news.says))
    })
    child.once('error', reject)
    child.once('exit', (status, signal) => reject(new Error(`the indexer ended with ${signal ?? status}`)))
  })
  child.send(order)
  return { done, stop: () => void child.kill('SIGKILL') }
}
