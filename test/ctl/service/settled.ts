// An installation that lies where it stays, for a service is built on no other: this checkout, or a copy of it where the checkout itself is
// in a folder that is emptied.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ROOT, type Teardown } from '../../harness/daemon.ts'

const EMPTIED = ['/tmp/', '/var/tmp/', '/dev/shm/', `${tmpdir()}/`]
/** What a program needs beside it. */
const PARTS = ['dist', 'systemd', 'launchd', 'package.json']

export function settled(t: Teardown): string {
  if (!EMPTIED.some((folder) => ROOT.startsWith(folder))) return ROOT
  const folder = mkdtempSync(join(userInfo().homedir, '.tallyd-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  return folder
}
