// Runs the indexer as a child process and hears how far it is.
import { fork } from 'node:child_process'
import type { Paths } from '../../../contract/paths.ts'
import type { Failure } from './shared-jobs.ts'

/** One log that has something new. */
export interface Job {
  readonly path: string
  readonly agent: string
  /** Bytes that wait to be read. */
  readonly bytes: number
}

export interface IndexOrder {
  readonly paths: Paths
  /** Unix milliseconds. */
  readonly now: number
  /** The checkpoint to go on from; null to begin anew. */
  readonly resume: string | null
  readonly jobs: readonly Job[]
  /** Logs of the checkpoint that are there no more. */
  readonly gone: readonly string[]
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

/** An indexer that was started and waits for its order. */
export interface Indexer {
  /** Resolves when what was ordered is in the checkpoint; rejects with what went wrong. */
  run(order: IndexOrder): Promise<readonly Failure[]>
  /** Ends it at once. */
  stop(): void
}

/** Starts the program at `path`, which takes about 50 ms to listen: start it early. */
export function startIndexer(path: string, onProgress: (news: IndexProgress) => void): Indexer {
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
  done.catch(() => undefined)
  return {
    run(order) {
      child.send(order)
      return done
    },
    stop: () => void child.kill('SIGKILL'),
  }
}
