// Who may read and write the files of an instance: on facts, and on a real folder.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { instanceFiles } from '../../src/contract/instance-files.ts'
import { pathsOf } from '../../src/contract/paths.ts'
import { checkPermissions, type FileFacts } from '../../src/contract/permission-check.ts'
import { claimInstance } from '../../src/daemon/instance.ts'
import { temporaryFolder } from '../harness/daemon.ts'

const file = (more: Partial<FileFacts> = {}): FileFacts => ({
  path: '/home/ann/state/tokens.json',
  kind: 'file',
  mode: 0o600,
  uid: 1000,
  ...more,
})
const check = (own: readonly FileFacts[], config: FileFacts | null = null) =>
  checkPermissions({ own, config, us: 1000 })

t.test('ours alone', async (t) => {
  t.match(check([file(), file({ kind: 'folder', mode: 0o700 })]), [
    { level: 'ok', code: 'permissions', says: '1 file and their folders, ours alone' },
  ])
  t.match(check([], file({ mode: 0o644 })), [{ level: 'ok' }], 'a config may be read by others')
})

t.test('what is wrong, and the command that mends it', async (t) => {
  t.match(check([file({ mode: 0o644 }), file({ path: "/it's", mode: 0o640 })]), [
    {
      level: 'broken',
      code: 'fileExposed',
      says: '/home/ann/state/tokens.json and 1 more can be read or written by others (0644)',
      next: /chmod go-rwx '\/home\/ann\/state\/tokens\.json' '\/it'\\''s'$/,
    },
  ])
  t.match(check([file({ uid: 0 })]), [
    {
      level: 'broken',
      code: 'fileForeign',
      says: /belongs to user 0, tallyd runs as 1000/,
      next: /sudo chown 1000/,
    },
  ])
  t.match(check([file({ kind: 'other' })]), [{ level: 'broken', code: 'fileOdd' }])
  t.match(check([], file({ path: '/c', mode: 0o666 })), [
    {
      level: 'broken',
      code: 'fileExposed',
      says: '/c can be written by others (0666)',
      next: /chmod go-w '\/c'/,
    },
  ])
})

t.test('a real folder', async (t) => {
  const home = temporaryFolder(t)
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: 'linux' })
  mkdirSync(paths.copies, { mode: 0o700 })
  const copy = join(paths.copies, 'a.json')
  writeFileSync(copy, 'twelve bytes', { mode: 0o600 })
  writeFileSync(paths.tokens, '', { mode: 0o600 })
  symlinkSync('x', paths.devices)
  const lock = await claimInstance(paths)
  t.teardown(() => lock.release())
  const found = await instanceFiles(paths)
  t.equal(found.largest, 12)
  t.ok(found.newest !== null && Math.abs(found.newest.at - Date.now()) < 60_000)
  t.same(
    found.own.map(({ path }) => path).sort(),
    [home, copy, paths.copies, paths.devices, paths.tokens].sort(),
  )
  const facts = { ...found, us: process.getuid?.() }
  t.match(checkPermissions(facts), [
    { code: 'fileOdd', says: `${paths.devices} is neither a file nor a folder` },
  ])
  chmodSync(copy, 0o604)
  t.match(checkPermissions({ ...(await instanceFiles(paths)), us: process.getuid?.() }), [
    { code: 'fileOdd' },
    { code: 'fileExposed', says: `${copy} can be read or written by others (0604)` },
  ])
})
