// The two files of the audit log on the disk: appending with a sync, changing over when one is full, mending a torn end, reading. What
// the lines say is audit-chain.ts's matter.
import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Paths } from '../../contract/paths.ts'
import { type Head, headOf, type Line, linesIn, readLine } from './audit-chain.ts'
import { syncFolder } from './durable-file.ts'

export type AuditPaths = Pick<Paths, 'audit' | 'auditPrevious'>

export interface AuditFile {
  readonly path: string
  readonly lines: Line[]
  /** What stands after the last line's end. */
  readonly rest: Buffer
}

/** Those of the two that there are, the older one first. Rejects with the system's error. */
export async function readFiles({ audit, auditPrevious }: AuditPaths): Promise<AuditFile[]> {
  const files = []
  for (const path of [auditPrevious, audit]) {
    const text = await readOr(path)
    if (text !== null) files.push({ path, ...linesIn(text) })
  }
  return files
}

/**
 * Where the log ends. A last line that a crash cut is taken off; one that lacks nothing but its end gets it: `mended` says which, null
 * where nothing was to be done. Rejects with the system's error.
 */
export async function mendEnd(paths: AuditPaths): Promise<{ head: Head; mended: string | null }> {
  const text = await readOr(paths.audit)
  const { lines, rest } = linesIn(text ?? Buffer.alloc(0))
  const before =
    lines.length > 0 ? lines : linesIn((await readOr(paths.auditPrevious)) ?? Buffer.alloc(0)).lines
  if (rest.length === 0) return { head: headOf(before), mended: null }
  const last = readLine(Buffer.from(rest))
  const isWhole = last.entry !== null && last.before === headOf(before).hash
  if (isWhole) await append(paths, Buffer.from('\n'), Number.POSITIVE_INFINITY)
  else await truncate(paths.audit, text!.length - rest.length)
  return {
    head: headOf(isWhole ? [...before, last] : before),
    mended: isWhole ? 'only its end was missing' : `${rest.length} bytes of it were there`,
  }
}

/** Appends and syncs. After a failure the file is as it was, or, if not even that could be done, its last line is torn. */
export async function append(
  { audit, auditPrevious }: AuditPaths,
  bytes: Buffer,
  cap: number,
): Promise<void> {
  let handle = await openToAppend(audit)
  try {
    let { size } = await handle.stat()
    if (size > 0 && size + bytes.length > cap) {
      await handle.close()
      await rename(audit, auditPrevious)
      handle = await openToAppend(audit)
      size = 0
    }
    try {
      await handle.appendFile(bytes)
      await handle.datasync()
    } catch (error) {
      await handle.truncate(size).catch(nothing)
      throw error
    }
    if (size === 0) await syncFolder(dirname(audit))
  } finally {
    await handle.close()
  }
}

function openToAppend(path: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  return open(path, flags, 0o600)
}

async function readOr(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function nothing(): void {}
