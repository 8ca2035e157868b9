// Folders of an instance: how they are made, and when one is safe to hold a control socket. The daemon refuses by these
// rules, and the client explains by them.
import { existsSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { quoted } from './shell-words.ts'

/**
 * Makes a folder, 0700, and those above it that are missing. Throws the file system's error, EEXIST or ENOTDIR where a
 * part of the path is no folder. Not `recursive: true`, with which Node 20 tries for ever where a parent that exists
 * answers ENOENT, as /proc does.
 */
export function makeFolder(path: string): void {
  try {
    makeOne(path)
  } catch (error) {
    const above = dirname(path)
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || above === path || existsSync(above)) throw error
    makeFolder(above)
    makeOne(path)
  }
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    if (!isThere || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error
  }
}

export interface Unsafe {
  readonly says: string
  /** What mends it, where that is known. */
  readonly next?: string
  /** Permission bits, where they are what is wrong. */
  readonly mode?: number
}

/** Why a folder that exists may not hold the control socket; null where it may. `us` is our user's number. */
export function unsafeFolder(folder: string, us: number | undefined = process.getuid?.()): Unsafe | null {
  const found = lstatSync(folder)
  const another = 'choose another TALLYD_HOME'
  if (found.isSymbolicLink()) return { says: `${folder} is a symbolic link` }
  if (!found.isDirectory()) return { says: `${folder} is a file, not a folder`, next: another }
  if (us !== undefined && found.uid !== us) {
    return { says: `${folder} belongs to user ${found.uid}, we are ${us}` }
  }
  const mode = found.mode & 0o777
  if ((mode & 0o077) === 0) return null
  const octal = mode.toString(8).padStart(4, '0')
  return { says: `${folder} has mode ${octal}`, next: `run: chmod 700 ${quoted(folder)}`, mode }
}

/** What a failed `makeFolder` means, in words; `next` is what makes it another folder. */
export function unmakeable(
  folder: string,
  error: unknown,
  next = 'choose another TALLYD_HOME',
): { readonly isFile: boolean; says: string; next: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const isFile = code === 'EEXIST' || code === 'ENOTDIR'
  const inTheWay = isFile ? partThatIsNoFolder(folder) : folder
  return {
    isFile,
    says: isFile ? `${inTheWay} is a file, not a folder` : `${folder} cannot be made (${code})`,
    next,
  }
}

function partThatIsNoFolder(folder: string): string {
  let part = folder
  while (dirname(part) !== part && lstatOrNull(part) === null) part = dirname(part)
  return part
}

function lstatOrNull(path: string) {
  try {
    return lstatSync(path)
  } catch {
    return null
  }
}
