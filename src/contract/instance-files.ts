// Looks at the files of this instance and at the disk below them, for the checks that judge what is found.
import { lstat, readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { checkDisk, diskUnknown } from './disk-check.ts'
import type { Check } from './doctor.ts'
import type { Paths } from './paths.ts'
import type { FileFacts } from './permission-check.ts'

export interface InstanceFiles {
  /** What nobody else may read: without socket, locks and vault, which have checks of their own. */
  readonly own: readonly FileFacts[]
  readonly config: FileFacts | null
  /** The state file that was changed last, in Unix milliseconds. */
  readonly newest: { readonly path: string; readonly at: number } | null
  /** Bytes of the largest one. */
  readonly largest: number
}

interface Found extends FileFacts {
  readonly at: number
  readonly bytes: number
}

/** More copies than this are not looked at: nobody has so many devices. */
const COPIES_CAP = 1_000

/** Never rejects: what is not there, or cannot be looked at, is left out. */
export async function instanceFiles(paths: Paths): Promise<InstanceFiles> {
  const { config, socket, lock, stateLock, vault, vaultKey, copies, ...rest } = paths
  const told = await readdir(copies).catch(() => [])
  const names = [
    ...Object.values(rest),
    copies,
    ...told.slice(0, COPIES_CAP).map((name) => join(copies, name)),
  ]
  const own = (await Promise.all([...new Set(names)].map(factsOf))).filter((each) => each !== null)
  const files = own.filter(({ kind }) => kind === 'file')
  const newest = files.reduce<Found | null>((last, each) => (each.at > (last?.at ?? 0) ? each : last), null)
  return {
    own,
    config: await factsOf(config),
    newest,
    largest: Math.max(0, ...files.map(({ bytes }) => bytes)),
  }
}

async function factsOf(path: string): Promise<Found | null> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return null
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other'
  return { path, kind, mode: found.mode & 0o777, uid: found.uid, at: found.mtimeMs, bytes: found.size }
}

/** Never rejects. */
export async function diskOf(folder: string, largest: number): Promise<Check[]> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(folder)
    // Btrfs and others make inodes as they need them, and say 0 of 0.
    return checkDisk({ folder, free: bavail * bsize, inodes: files === 0 ? null : ffree, largest })
  } catch (error) {
    return [diskUnknown(folder, String((error as NodeJS.ErrnoException).code))]
  }
}
