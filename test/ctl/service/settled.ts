// A Node and an installation that lie where they stay, for a service is built on no other: those that run the test, or copies of them where
// they are in a folder that is emptied.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ROOT, type Teardown } from '../../harness/daemon.ts'

const EMPTIED = ['/tmp/', '/var/tmp/', '/dev/shm/', `${tmpdir()}/`]
/** What a program needs beside it. */
const PARTS = ['dist', 'systemd', 'launchd', 'package.json']

export interface Settled {
  readonly root: string
  readonly node: string
}

export function settled(t: Teardown): Settled {
  const isEmptied = (path: string) => EMPTIED.some((folder) => path.startsWith(folder))
  if (!isEmptied(ROOT) && !isEmptied(process.execPath)) return { root: ROOT, node: process.execPath }
  const folder = mkdtempSync(join(userInfo().homedir, '.tallyd-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const node = join(folder, 'node')
  cpSync(process.execPath, node)
  return { root: folder, node }
}
