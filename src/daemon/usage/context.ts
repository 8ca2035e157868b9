// What usage needs from the rest of the daemon, in one named object.
import type { Config } from '../../contract/config.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Ahead } from './index/ahead.ts'
import type { CheckpointFormat } from './index/older-checkpoint.ts'

export interface UsageContext {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  readonly bus: Bus
  readonly incidents: Incidents
  /** Unix milliseconds; passed in so that tests can hold it. */
  readonly now: () => number
  /** The indexer's program, for more than a few megabytes of logs; null reads everything in this process. */
  readonly indexer: string | null
  /** The indexer that is at work already; null where none is. */
  readonly ahead: Ahead | null
  /** Whether the home is another daemon's by now: then nothing is written there any more. */
  readonly isTaken?: () => boolean
  /** How checkpoints are read and written here; that of this version unless a test has another one. */
  readonly format?: CheckpointFormat
}
