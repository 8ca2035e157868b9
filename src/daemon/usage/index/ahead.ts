// The indexer ahead of everything else: a daemon without a checkpoint most likely has much to read, and reading needs nothing of
// what it still has to load.
import { existsSync } from 'node:fs'
import type { Config } from '../../../contract/config.ts'
import type { Paths, Surroundings } from '../../../contract/paths.ts'
import { type Indexer, startIndexer } from './indexing.ts'
import type { Failure } from './shared-jobs.ts'
import { sweep } from './sweep.ts'

/** More than this is read by the indexer, a process of its own. */
export const INDEXER_BYTES = 32 << 20

export interface Ahead {
  readonly indexer: Indexer
  /** See `Indexer.run`. */
  readonly done: Promise<readonly Failure[] | null>
}

/**
 * Starts the indexer at `program` on every log there is; null where there is a checkpoint, whatever is in it. Only for who holds
 * the instance's lock.
 */
export function indexAhead(
  program: string,
  { paths, surroundings, config }: { paths: Paths; surroundings: Surroundings; config: Config },
): Ahead | null {
  if (existsSync(paths.checkpoint) || existsSync(paths.checkpointPrevious)) return null
  sweep(paths.checkpoint)
  const { home, platform } = surroundings
  const indexer = startIndexer(program)
  const done = indexer.run({
    kind: 'whole',
    paths,
    now: Date.now(),
    home,
    platform,
    config,
    leftBytes: INDEXER_BYTES,
  })
  return { indexer, done }
}
