// A process of its own that reads many logs at once and leaves a checkpoint behind: its memory is given back whole when it
// ends, and nothing in a log can take the daemon down. Entry point of dist/daemon/indexer.js; indexing.ts is the other side.
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { Ledger } from '../ledger/ledger.ts'
import { fileAt, placesOf, survey } from './catalogue.ts'
import { type Held, loadCheckpoint, saveCheckpoint, wakeMemories } from './checkpoint.ts'
import type { IndexNews, IndexOrder } from './indexing.ts'
import type { LogFile } from './log-file.ts'
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

/** Started before there is an order: a thread takes as long to start as finding the logs does. */
const threads = Array.from({ length: Math.min(availableParallelism(), THREADS_CAP) - 1 }, () => {
  const thread = new Worker(join(dirname(process.argv[1]!), 'shard-worker.js'))
  // One that waits for an order that never comes does not keep the process.
  thread.unref()
  return thread
})

interface Found {
  readonly held: Held
  /** The logs to be read, with the bytes that wait in each. */
  readonly jobs: readonly { readonly file: LogFile; readonly bytes: number }[]
}

function find(order: IndexOrder): Found {
  const anew: Held = { ledger: new Ledger(), files: new Map(), checkpoint: null }
  if (order.kind === 'whole') {
    const { home, platform, config, now } = order
    const places = placesOf({ env: process.env, home, platform }, config)
    const { changed, waiting } = survey(places, anew.files, now)
    return { held: anew, jobs: changed.map((file) => ({ file, bytes: waiting.get(file.path) ?? 0 })) }
  }
  const held = order.resume === null ? anew : loadCheckpoint(order.resume)
  for (const path of order.gone) held.files.delete(path)
  const jobs = order.jobs.map(({ path, agent, bytes }) => ({ file: fileAt(held.files, path, agent), bytes }))
  return { held, jobs }
}

/** Null if there was too little to read. */
async function index(ordered: IndexOrder): Promise<Failure[] | null> {
  const { held, jobs: found } = find(ordered)
  const bytes = found.reduce((sum, each) => sum + each.bytes, 0)
  if (ordered.kind === 'whole' && bytes <= ordered.leftBytes) return null
  // The largest first, so that no thread is left alone with one at the end.
  const jobs = found.toSorted((x, y) => y.bytes - x.bytes).map(({ file }) => file)
  wakeMemories(held, jobs)
  const shared = new Int32Array(new SharedArrayBuffer(12))
  const helping = threads.slice(0, Math.max(0, jobs.length - 1))
  const share = Math.ceil(bytes / (helping.length + 1))
  const order: WorkerOrder = { jobs, shared, bytes, share, now: ordered.now }
  const results = Promise.all(helping.map((thread) => ask(thread, order)))
  held.ledger.registerOnly(share)
  const onProgress = teller(order)
  const failures = readJobs(held.ledger, order, { onFile: () => undefined, onProgress })
  for (const result of await results) {
    for (const file of result.files) held.files.set(file.path, file)
    failures.push(...result.failures)
    held.ledger.merge(unpackShard(result.shard))
  }
  held.ledger.recount()
  const { paths } = ordered
  const isResumed = held.checkpoint !== null
  await saveCheckpoint(paths.checkpoint, paths.checkpointPrevious, held, { sync: isResumed, isFrozen: true })
  return failures
}

function teller({ jobs, shared, bytes: bytesTotal }: WorkerOrder): () => void {
  let toldAt = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - toldAt < PROGRESS_MS) return
    toldAt = performance.now()
    say({
      kind: 'progress',
      bytesDone: Math.min(bytesTotal, Atomics.load(shared, SLOTS.kibDone) * 1024),
      bytesTotal,
      filesDone: Atomics.load(shared, SLOTS.filesDone),
      filesTotal: jobs.length,
    })
  }
}

function ask(thread: Worker, order: WorkerOrder): Promise<WorkerResult> {
  return new Promise((resolve, reject) => {
    thread.ref()
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (status) => reject(new Error(`a reading thread ended with ${status}`)))
    thread.postMessage(order)
  })
}

/** Where the daemon is gone nobody has to hear it. */
function say(news: IndexNews): void {
  process.send?.(news, undefined, undefined, () => undefined)
}

process.once('message', (order: IndexOrder) => {
  // The daemon is gone: nobody waits for the checkpoint, and the next one may be at work on it.
  const orphaned = () => process.exit(1)
  process.once('disconnect', orphaned)
  index(order)
    .then(
      (failures) => say(failures === null ? { kind: 'left' } : { kind: 'done', failures }),
      (error: Error) => say({ kind: 'failed', says: error.message }),
    )
    .finally(() => {
      process.off('disconnect', orphaned)
      if (process.connected) process.disconnect()
    })
})
