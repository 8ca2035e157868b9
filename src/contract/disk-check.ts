// What doctor says of the disk that the state folder lies on: room for what has to be written again and again.
import type { Check } from './doctor.ts'
import { quoted } from './shell-words.ts'

export interface DiskFacts {
  readonly folder: string
  /** Bytes that this user may still write. */
  readonly free: number
  /** Files that can still be made; null where the file system does not count them. */
  readonly inodes: number | null
  /** Bytes of the largest file of the state, which is written anew beside itself before it is replaced. */
  readonly largest: number
}

const subject = 'disk'
/** Less than this, in bytes, and the next days may fill it. */
const LOW = 200 * 1024 * 1024
/** What small files and the audit log need at least, in bytes. */
const LEAST = 2 * 1024 * 1024
/** Every write makes a file; so many at once are more than tallyd ever makes. */
const INODES_LOW = 1_000
const FREE_SPACE =
  'free some space on it; nothing that was counted is lost as long as the logs are not deleted'

export function checkDisk({ folder, free, inodes, largest }: DiskFacts): Check[] {
  const says = `${inWords(free)} free for ${folder}`
  if (free < LEAST + largest) {
    const full = `${says}: too little to write its ${inWords(largest)} anew`
    return [{ level: 'broken', code: 'diskFull', subject, says: full, next: FREE_SPACE }]
  }
  if (inodes !== null && inodes < INODES_LOW) {
    const scarce = `only ${inodes} more files can be made on the disk of ${folder}, whatever room it has`
    const next = `remove files that nobody needs there; see: df -i ${quoted(folder)}`
    return [{ level: inodes === 0 ? 'broken' : 'warning', code: 'inodesLow', subject, says: scarce, next }]
  }
  if (free < LOW) return [{ level: 'warning', code: 'diskLow', subject, says, next: FREE_SPACE }]
  return [{ level: 'ok', code: 'disk', subject, says }]
}

/** Nothing is known of it; `why` is the system's word. */
export function diskUnknown(folder: string, why: string): Check {
  const says = `how much room ${folder} has cannot be told (${why})`
  return { level: 'warning', code: 'diskUnknown', subject, says, next: `see: df ${quoted(folder)}` }
}

function inWords(bytes: number): string {
  const gigabytes = bytes / 1e9
  if (gigabytes >= 1) return `${gigabytes.toFixed(1)} GB`
  return `${(bytes / 1e6).toFixed(1)} MB`
}
