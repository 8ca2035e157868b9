// What is said of paths that somebody else chose.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { existing } from '../../../../src/daemon/vault/transfer/existing.ts'
import { temporaryFolder } from '../../../harness/daemon.ts'

t.test('only absolute paths at which there is something', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'a file')
  writeFileSync(file, '')
  mkdirSync(join(folder, 'a folder'))
  symlinkSync('/nothing/there', join(folder, 'broken'))
  const paths = [file, join(folder, 'a folder'), join(folder, 'broken'), join(folder, 'none'), '.', 's3://b/']
  t.same(await existing(paths), new Set([file, join(folder, 'a folder')]))
  t.same(await existing([`${file}\0`]), new Set(), 'no path at all')
})
