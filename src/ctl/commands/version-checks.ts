// What `tallyctl doctor` says of versions: whether the daemon that runs is of this client's, and whether another installation
// stands before or behind this one on the PATH.
import { realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Check } from '../../contract/doctor.ts'

const subject = 'installation'

export interface VersionFacts {
  /** Of this client. */
  readonly own: string
  /** Of the daemon that runs; null where none does. */
  readonly daemon: string | null
  readonly isService: boolean
  /** Every `tallyctl` on the PATH, without links, the one that is run first. */
  readonly onPath: readonly string[]
}

export function checkVersions({ own, daemon, isService, onPath }: VersionFacts): Check[] {
  const checks: Check[] = []
  if (daemon !== null && daemon !== own) {
    const says = `tallyd ${daemon} runs, tallyctl is ${own}`
    const again = isService ? 'tallyctl service install' : 'tallyctl stop && tallyctl start'
    const next = `start the one that belongs to this tallyctl: ${again}`
    checks.push({ level: 'warning', code: 'versionsDiffer', subject, says, next })
  }
  if (onPath.length > 1) {
    const [first, ...others] = onPath
    const says = `${first} is run, and ${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} on the PATH too`
    const next = 'remove the one that is not wanted: npm ls -g tallyd shows one of them'
    checks.push({ level: 'warning', code: 'installedTwice', subject, says, next })
  }
  if (checks.length > 0) return checks
  return [{ level: 'ok', code: 'version', subject, says: `version ${own}` }]
}

/** The different programs that are called `tallyctl` on this PATH. Never throws. */
export function programsOnPath(path: string | undefined): string[] {
  const found = (path ?? '').split(delimiter).flatMap((folder) => {
    try {
      return folder === '' ? [] : [realpathSync(join(folder, 'tallyctl'))]
    } catch {
      return []
    }
  })
  return [...new Set(found)]
}
