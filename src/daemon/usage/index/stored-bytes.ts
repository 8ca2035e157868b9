// The bytes that a checkpoint is read from: those of an open file, or, of one that was made new and is not written yet, memory.
import { closeSync, constants, copyFileSync, fstatSync, openSync, readSync, rmSync } from 'node:fs'

/** The checkpoint is not what was written. */
export class BrokenCheckpoint extends Error {
  override readonly name = 'BrokenCheckpoint'
}

export interface StoredBytes {
  readonly length: number
  /** Fills `into` with what lies at `at`. Throws BrokenCheckpoint where it ends before, or the system's error. */
  fill(at: number, into: Buffer): void
  close(): void
}

/** Stays readable while it is open, even if the file is deleted or replaced. Throws the system's error. */
export function openBytes(path: string, isPrivate: boolean): StoredBytes {
  const fd = isPrivate ? openPrivately(path) : openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    return { length: size, fill: (at, into) => fillFrom(fd, at, into), close: () => closeSync(fd) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

export function heldBytes(whole: Buffer): StoredBytes {
  return {
    length: whole.length,
    fill(at, into) {
      if (whole.copy(into, 0, at, at + into.length) < into.length)
        throw new BrokenCheckpoint('it is cut short')
    },
    close: () => undefined,
  }
}

/**
 * Opens a copy of the file that no path leads to: a restored backup or a mistake can write over the checkpoint, but not over
 * what rests in here. Where there is no room for a copy, the file itself. Throws the system's error.
 */
function openPrivately(path: string): number {
  const copy = `${path}.${process.pid}.private.new`
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE)
    return openSync(copy, 'r')
  } catch {
    return openSync(path, 'r')
  } finally {
    rmSync(copy, { force: true })
  }
}

function fillFrom(fd: number, at: number, into: Buffer): void {
  let done = 0
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, at + done)
    if (read === 0) throw new BrokenCheckpoint('it is cut short')
    done += read
  }
}
