// A process of its own that reads many logs at once and leaves a checkpoint behind: its memory is given back whole when it
// ends, and nothing in a log can take the daemon down. Entry point of dist/daemon/indexer.js; indexing.ts is the other side.
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { Ledger } from '../ledger/ledger.ts'
import { fileAt } from './catalogue.ts'
import { type Held, loadCheckpoint, saveCheckpoint, wakeMemories } from './checkpoint.ts'
import type { IndexNews, IndexOrder } from './indexing.ts'
import { unpackShard } from './shard.ts'
import { type Failure, readJobs, SLOTS, type WorkerOrder, type WorkerResult } from './shared-jobs.ts'

/** Most threads that read; more only wait for the same disk. */
const THREADS_CAP = 4
const PROGRESS_MS = 100

// A process of three seconds: V8's optimiser took 1.0 s of processor time of 3.3 s for 2 GB. Where it inlines less and waits
// for a little more to be known, it takes 0.55 s, and the rest becomes 0.2 s slower. Threads started later take this over.
setFlagsFromString('--max-inlined-bytecode-size-cumulative=200')
// Later versions have no such flag, and say so on stderr.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=150000')

async function index({ paths, now, resume, jobs: ordered, gone }: IndexOrder): Promise<Failure[]> {
  const held: Held =
    resume === null ? { ledger: new Ledger(), files: new Map(), checkpoint: null } : loadCheckpoint(resume)
  for (const path of gone) held.files.delete(path)
  // The largest first, so that no thread is left alone with one at the end.
  const jobs = ordered
    .toSorted((x, y) => y.bytes - x.bytes)
    .map((job) => fileAt(held.files, job.path, job.agent))
  wakeMemories(held, jobs)
  const order: WorkerOrder = { jobs, shared: new Int32Array(new SharedArrayBuffer(12)), now }
  const threads = Math.max(1, Math.min(availableParallelism(), THREADS_CAP, jobs.length))
  const workers = Array.from({ length: threads - 1 }, () => startWorker(order))
  const onProgress = teller(
    order,
    ordered.reduce((sum, { bytes }) => sum + bytes, 0),
  )
  held.ledger.registerOnly()
  const failures = readJobs(held.ledger, order, { onFile: () => undefined, onProgress })
  for (const result of await Promise.all(workers)) {
    for (const file of result.files) held.files.set(file.path, file)
    failures.push(...result.failures)
    held.ledger.merge(unpackShard(result.shard))
  }
  held.ledger.recount()
  await saveCheckpoint(paths.checkpoint, paths.checkpointPrevious, held, resume !== null)
  return failures
}

function teller({ jobs, shared }: WorkerOrder, bytesTotal: number): () => void {
  let toldAt = 0
  return () => {
    if (Date.now() - toldAt < PROGRESS_MS) return
    toldAt = Date.now()
    say({
      kind: 'progress',
      bytesDone: Math.min(bytesTotal, Atomics.load(shared, SLOTS.kibDone) * 1024),
      bytesTotal,
      filesDone: Atomics.load(shared, SLOTS.filesDone),
      filesTotal: jobs.length,
    })
  }
}

function startWorker(order: WorkerOrder): Promise<WorkerResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(dirname(process.argv[1]!), 'shard-worker.js'), { workerData: order })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (status) => reject(new Error(`a reading thread ended with ${status}`)))
  })
}

function say(news: IndexNews): void {
  process.send?.(news)
}

process.once('message', (order: IndexOrder) => {
  // The daemon is gone: nobody waits for the checkpoint, and the next one may be at work on it.
  const orphaned = () => process.exit(1)
  process.once('disconnect', orphaned)
  index(order)
    .then(
      (failures) => say({ kind: 'done', failures }),
      (error: Error) => say({ kind: 'failed', says: error.message }),
    )
    .finally(() => {
      process.off('disconnect', orphaned)
      process.disconnect()
    })
})
