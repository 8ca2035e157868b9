// What this device is called as long as its owner has not renamed it, and that no other one is called so here.
import { hostname } from 'node:os'
import type { Config } from '../../contract/config.ts'
import type { Audit } from '../store/audit.ts'
import { cleanName, freeName } from './device-name.ts'
import type { Roster } from './roster.ts'

/** The config's name, else the host's short name. */
export function ownName(config: Config): string {
  return cleanName(config.device?.name ?? hostname().split('.')[0] ?? '') || 'this device'
}

/** The config, or the host, may have given this device a name that another one has here, and devices are told apart by their names. */
export async function keepNamesApart(
  own: string,
  roster: Roster,
  audit: Pick<Audit, 'record'>,
): Promise<void> {
  const taken = [own, ...roster.members.map(({ name }) => name)]
  for (const { id, name } of roster.members) {
    if (name !== own) continue
    const free = freeName(name, id, taken)
    try {
      await roster.change(id, (member) => ({ ...member, name: free }))
      audit.record('renamed', { id, name: free }, `was ${name}, as this device is called now`)
    } catch {
      // The disk refuses now; the next start tries again.
    }
  }
}
