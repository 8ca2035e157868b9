// Where the outbox was when the daemon stopped, so that after a clean restart others need not be told everything again. It is there
// only while the daemon is off: after a crash there is none, and what was told since cannot be confused with what is told anew.
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../store/durable-file.ts'

export interface OutboxMark {
  readonly epoch: string
  readonly revision: number
  /** SHA-256, in hexadecimal, of everything that the cursor stood for. */
  readonly digest: string
}

const BYTES = 1024

/**
 * Reads the mark and removes it, for good: null if there is none, if it is not ours, or if it cannot be removed. A restored copy is
 * another file than the one that was written, which is told by its inode: others may have heard more since. Never throws.
 */
export async function takeMark(path: string): Promise<OutboxMark | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    let text: string
    let inode: number
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(BYTES), 0, BYTES, 0)
      text = buffer.toString('utf8', 0, bytesRead)
      inode = (await handle.stat()).ino
    } finally {
      await handle.close()
    }
    await rm(path)
    // A power cut must not bring it back.
    await syncFolder(dirname(path))
    return markIn(text, inode)
  } catch {
    return null
  }
}

/** Leaves the mark. Never throws: without one others ask for everything, which costs a moment. */
export async function leaveMark(path: string, mark: OutboxMark): Promise<void> {
  const fresh = `${path}.new`
  try {
    await rm(fresh, { force: true })
    const handle = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      const { ino } = await handle.stat()
      await handle.writeFile(JSON.stringify({ ...mark, inode: ino }))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, path)
  } catch {
    await rm(fresh, { force: true }).catch(() => undefined)
  }
}

function markIn(text: string, inode: number): OutboxMark | null {
  const found = JSON.parse(text) as Partial<OutboxMark & { inode: number }> | null
  const { epoch, revision, digest } = found ?? {}
  const isOurs =
    typeof epoch === 'string' &&
    /^[\w-]{22}$/.test(epoch) &&
    Number.isSafeInteger(revision) &&
    revision! > 0 &&
    // Revisions are kept as 32 bits with each row.
    revision! < 2 ** 31 &&
    typeof digest === 'string' &&
    found?.inode === inode
  return isOurs ? { epoch, revision: revision!, digest } : null
}
