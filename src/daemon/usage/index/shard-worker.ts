// One further thread of the indexer, started before there is anything to read. Entry point of dist/daemon/shard-worker.js.
import { parentPort } from 'node:worker_threads'
import { Ledger } from '../ledger/ledger.ts'
import type { LogFile } from './log-file.ts'
import { buffersOf, packShard } from './shard.ts'
import { readJobs, type WorkerOrder, type WorkerResult } from './shared-jobs.ts'

parentPort!.once('message', (order: WorkerOrder) => {
  const ledger = new Ledger()
  const files: LogFile[] = []
  ledger.registerOnly(order.share)
  const failures = readJobs(ledger, order, {
    onFile: (file) => files.push(file),
    onProgress: () => undefined,
  })
  const shard = packShard(ledger)
  const result: WorkerResult = { shard, files, failures }
  parentPort!.postMessage(result, buffersOf(shard))
})
