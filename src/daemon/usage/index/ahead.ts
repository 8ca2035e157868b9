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
 * Starts the indexer at `program`, which waits for its order: its start takes as long as that of the daemon until there is one. Null where
 * there is a checkpoint, whatever is in it.
 */
export function prepareIndexer(program: string, paths: Paths): Indexer | null {
  return isFirst(paths) ? startIndexer(program) : null
}

/** Lets the indexer that was prepared read every log there is; null where there is none. Only for who holds the instance's lock. */
export function indexAhead(
  indexer: Indexer | null,
  { paths, surroundings, config }: { paths: Paths; surroundings: Surroundings; config: Config },
): Ahead | null {
  if (indexer === null) return null
  // Another daemon may have held the lock until now.
  if (!isFirst(paths)) {
    indexer.stop()
    return null
  }
  sweep(paths.checkpoint)
  const { home, platform } = surroundings
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

function isFirst({ checkpoint, checkpointPrevious }: Paths): boolean {
  return !existsSync(checkpoint) && !existsSync(checkpointPrevious)
}
