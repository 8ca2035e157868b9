// Opens the devices part.
import type { Config } from '../../contract/config.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Incidents } from '../store/incidents.ts'
import type { Log } from '../store/log.ts'
import type { Totals } from '../tallies/totals.ts'
import type { Devices } from './devices.ts'

export interface DevicesContext {
  readonly paths: Paths
  readonly surroundings: Surroundings
  readonly config: Config
  readonly bus: Bus
  readonly log: Log
  readonly incidents: Incidents
  /** Of tallyd. */
  readonly version: string
  /** This device's own. */
  readonly totals: () => Totals
  /** Unix milliseconds. */
  readonly now: () => number
}

export async function openDevices(_context: DevicesContext): Promise<Devices> {
  throw new Error('not yet')
}
