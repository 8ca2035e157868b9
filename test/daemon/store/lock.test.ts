// Letting go of a lock touches nothing that another process holds by now.
import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { acquireLock } from '../../../src/daemon/store/lock.ts'

t.test('a lock is released', async (t) => {
  const path = join(t.testdir(), 'lock')
  const lock = await acquireLock(path)
  t.ok(lstatSync(path).isSymbolicLink())
  lock.release()
  t.throws(() => lstatSync(path), { code: 'ENOENT' })
})

t.test("another's lock at the same path stays", async (t) => {
  const path = join(t.testdir(), 'lock')
  const lock = await acquireLock(path)
  rmSync(path)
  symlinkSync('lock.1.other', path)
  lock.release()
  t.equal(readlinkSync(path), 'lock.1.other')
})
