// How the indexer's threads share the files: each takes the next from one counter, and all add to the same progress.
import type { Ledger } from '../ledger/ledger.ts'
import type { LogFile } from './log-file.ts'
import { type PackedShard, readShard } from './shard.ts'

export interface Failure {
  readonly path: string
  readonly code: string
}

export interface WorkerOrder {
  readonly jobs: readonly LogFile[]
  /** See `SLOTS`; shared by all threads. */
  readonly shared: Int32Array
  /** Of all jobs together. */
  readonly bytes: number
  /** Of those that one thread reads, about. */
  readonly share: number
  /** Unix milliseconds. */
  readonly now: number
}

export interface WorkerResult {
  readonly shard: PackedShard
  readonly files: readonly LogFile[]
  readonly failures: readonly Failure[]
}

/** Slots of the shared counters. Bytes are counted in KiB, so that 2 TiB fit. */
export const SLOTS = { nextJob: 0, kibDone: 1, filesDone: 2 } as const

/** One thread's share: takes the next job until there are none. */
export function readJobs(
  ledger: Ledger,
  { jobs, shared, now }: WorkerOrder,
  hears: { onFile(file: LogFile): void; onProgress(): void },
): Failure[] {
  const failures: Failure[] = []
  let rest = 0
  readShard(ledger, () => jobs[Atomics.add(shared, SLOTS.nextJob, 1)], {
    now,
    onBytes(bytes) {
      rest += bytes
      Atomics.add(shared, SLOTS.kibDone, rest >> 10)
      rest &= 1023
      hears.onProgress()
    },
    onFile(file) {
      Atomics.add(shared, SLOTS.filesDone, 1)
      hears.onFile(file)
    },
    onFailure: (file, code) => failures.push({ path: file.path, code }),
  })
  return failures
}
