// One further thread of the indexer. Entry point of dist/daemon/shard-worker.js.
import { parentPort, workerData } from 'node:worker_threads'
import { Ledger } from '../ledger/ledger.ts'
import type { LogFile } from './log-file.ts'
import { packShard } from './shard.ts'
import { readJobs, type WorkerOrder, type WorkerResult } from './shared-jobs.ts'

const ledger = new Ledger()
const files: LogFile[] = []
ledger.registerOnly()
const failures = readJobs(ledger, workerData as WorkerOrder, {
  onFile: (file) => files.push(file),
  onProgress: () => undefined,
})
const result: WorkerResult = { shard: packShard(ledger), files, failures }
parentPort!.postMessage(result)
