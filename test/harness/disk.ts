// A tiny real disk, for what happens when it is full or read-only.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Teardown, temporaryFolder } from './daemon.ts'

/** Mounts one with these tmpfs options; undefined where this user cannot: say then that the test did not run. */
export function mounted(t: Teardown, options: string): string | undefined {
  const folder = join(temporaryFolder(t), 'disk')
  mkdirSync(folder)
  const words = ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]
  if (process.platform !== 'linux' || spawnSync('mount', words).status !== 0) return undefined
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  return folder
}
