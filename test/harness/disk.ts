// A tiny real disk, for what happens when it is full or read-only.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Teardown, temporaryFolder } from './daemon.ts'

/** Mounts one with these tmpfs options; undefined where this user cannot. */
export function mounted(t: Teardown, options: string): string | undefined {
  const folder = join(temporaryFolder(t), 'disk')
  mkdirSync(folder)
  const words = ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]
  if (process.platform !== 'linux' || spawnSync('mount', words).status !== 0) return undefined
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  return folder
}

/** The same for a test that is nothing without it; where this user cannot, it says that it did not run. */
export function smallDisk(t: Pick<Test, 'teardown' | 'pass'>, options: string): string | undefined {
  const folder = mounted(t, options)
  if (folder === undefined) t.pass('not run', { skip: 'a disk of its own needs Linux, root and mount' })
  return folder
}

/** Fills the disk that a folder is on until not a byte more fits; returns what makes room again. */
export function filled(folder: string): () => void {
  const filler = join(folder, 'filler')
  for (const bytes of [65_536, 4_096, 1]) {
    for (;;) {
      try {
        writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') break
        throw error
      }
    }
  }
  return () => rmSync(filler)
}
