// What this device is called as long as its owner has not renamed it.
import { hostname } from 'node:os'
import type { Config } from '../../contract/config.ts'
import { printable } from '../../contract/printable.ts'

export const NAME_CAP = 64

/** The config's name, else the host's short name. */
export function ownName(config: Config): string {
  return cleanName(config.device?.name ?? hostname().split('.')[0] ?? '') || 'this device'
}

/** Words that mean something where a device is named, and whatever could be the beginning of an id. */
export function isReserved(name: string): boolean {
  return /^(self|total|[0-9a-f]{8,64})$/i.test(name)
}

/** A name for others to read: no control characters, one line, at most 64 characters; empty if nothing is left. */
export function cleanName(given: string): string {
  const clean = printable(given, '').replaceAll(/\s+/g, ' ').trim()
  return [...clean].slice(0, NAME_CAP).join('').trim()
}
