// What this device is called as long as its owner has not renamed it.
import { hostname } from 'node:os'
import type { Config } from '../../contract/config.ts'
import { cleanName } from './device-name.ts'

/** The config's name, else the host's short name. */
export function ownName(config: Config): string {
  return cleanName(config.device?.name ?? hostname().split('.')[0] ?? '') || 'this device'
}
