// Changes credentials.json: all of it or nothing, one change at a time, for the owner's eyes alone.
import { constants } from 'node:fs'
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TallyError } from '../../contract/errors.ts'
import { makeFolder, unmakeable, unsafeFolder } from '../../contract/folder.ts'
import { type Credential, type Credentials, readCredentials, VERSION } from './credentials.ts'

/** How long another tallyctl may take to change the file, in milliseconds; who takes longer was killed. */
const LONGEST_CHANGE_MS = 5_000
const TURN_MS = 20

/** Keeps `credential` for `url`, in place of one that is there. Throws TallyError; then the file is as it was. */
export async function keepCredential(path: string, url: string, credential: Credential): Promise<void> {
  await change(path, (entries) => new Map([...entries, [url, credential]]))
}

/** Drops the entry of `url`. Throws TallyError; then the file is as it was. */
export async function dropCredential(path: string, url: string): Promise<void> {
  await change(path, (entries) => new Map([...entries].filter(([each]) => each !== url)))
}

/** Whether the file could be changed now. Throws TallyError where it could not. */
export async function checkKeeping(path: string): Promise<void> {
  requireSafeFolder(dirname(path))
  await readCredentials(path)
}

async function change(path: string, to: (entries: Credentials) => Credentials): Promise<void> {
  requireSafeFolder(dirname(path))
  const next = `${path}.new`
  // The new file is the lock as well: whoever made it changes, and its renaming opens the lock.
  const file = await opened(next, path)
  try {
    try {
      const entries = to(await readCredentials(path))
      const credentials = Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
      await file.writeFile(`${JSON.stringify({ version: VERSION, credentials }, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(next, path)
    await synced(dirname(path))
  } catch (error) {
    await rm(next, { force: true })
    throw unwritable(path, error)
  }
}

async function opened(next: string, path: string): Promise<FileHandle> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW
  for (;;) {
    try {
      return await open(next, flags, 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(path, error)
      const found = await lstat(next).catch(() => null)
      if (found !== null && Date.now() - found.mtimeMs > LONGEST_CHANGE_MS) await rm(next, { force: true })
      else await new Promise((resolve) => setTimeout(resolve, TURN_MS))
    }
  }
}

/** A renaming outlives a power cut once its folder is on the disk. */
async function synced(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function requireSafeFolder(folder: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    const { isFile, says, next } = unmakeable(folder, error)
    throw new TallyError(isFile ? 'badHome' : 'stateUnwritable', says, next)
  }
  const unsafe = unsafeFolder(folder)
  if (unsafe !== null) throw new TallyError('badHome', unsafe.says, unsafe.next)
}

function unwritable(path: string, error: unknown): TallyError {
  if (error instanceof TallyError) return error
  const code = (error as NodeJS.ErrnoException).code ?? String(error)
  return new TallyError('stateUnwritable', `${path} cannot be written (${code})`)
}
