// Room on the disk of the state: enough, little, none, and a file system that has room and takes no more files.
import { join } from 'node:path'
import t from 'tap'
import { checkDisk } from '../../src/contract/disk-check.ts'
import { diskOf } from '../../src/contract/instance-files.ts'
import { temporaryFolder } from '../harness/daemon.ts'

const FOLDER = '/home/ann/state'
const facts = { folder: FOLDER, free: 50e9, inodes: 1e6, largest: 30e6 }

t.test('room', async (t) => {
  t.match(checkDisk(facts), [{ level: 'ok', code: 'disk', says: `50.0 GB free for ${FOLDER}` }])
  t.match(checkDisk({ ...facts, free: 100e6 }), [{ level: 'warning', code: 'diskLow', next: /free some/ }])
  t.match(checkDisk({ ...facts, free: 31e6 }), [
    { level: 'broken', code: 'diskFull', says: /31\.0 MB free .*its 30\.0 MB anew/, next: /free some/ },
  ])
  t.match(checkDisk({ ...facts, free: 0, largest: 0 }), [{ level: 'broken', code: 'diskFull' }])
})

t.test('files that can still be made', async (t) => {
  t.match(checkDisk({ ...facts, inodes: null }), [{ level: 'ok' }], 'a file system that does not count them')
  t.match(checkDisk({ ...facts, inodes: 10 }), [{ level: 'warning', code: 'inodesLow', next: /df -i/ }])
  t.match(checkDisk({ ...facts, inodes: 0 }), [{ level: 'broken', code: 'inodesLow' }])
})

t.test('a real disk, and a folder that is not there', async (t) => {
  const folder = temporaryFolder(t)
  t.match(await diskOf(folder, 0), [{ says: new RegExp(`^\\d+\\.\\d [GM]B free for ${folder}$`) }])
  t.match(await diskOf(join(folder, 'gone'), 0), [
    { level: 'warning', code: 'diskUnknown', says: /ENOENT/, next: /df / },
  ])
})
