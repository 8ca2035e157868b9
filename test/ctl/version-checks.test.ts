// Versions that do not belong together, and two installations on one PATH.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkVersions, programsOnPath } from '../../src/ctl/commands/version-checks.ts'
import { temporaryFolder } from '../harness/daemon.ts'

const facts = { own: '0.2.0', daemon: '0.2.0', isService: false, onPath: ['/usr/bin/tallyctl'] }

t.test('versions', async (t) => {
  t.match(checkVersions(facts), [{ level: 'ok', code: 'version', says: 'version 0.2.0' }])
  t.match(checkVersions({ ...facts, daemon: null, onPath: [] }), [{ level: 'ok' }])
  const older = { ...facts, daemon: '0.1.0' }
  t.match(checkVersions(older), [
    {
      level: 'warning',
      code: 'versionsDiffer',
      says: 'tallyd 0.1.0 runs, tallyctl is 0.2.0',
      next: /tallyctl stop && tallyctl start$/,
    },
  ])
  t.match(checkVersions({ ...older, isService: true }), [{ next: /tallyctl service install$/ }])
})

t.test('the PATH', async (t) => {
  const folder = temporaryFolder(t)
  const [one, two, linked] = ['one', 'two', 'linked'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  for (const each of [one, two, linked]) mkdirSync(each)
  for (const each of [one, two]) writeFileSync(join(each, 'tallyctl'), '')
  symlinkSync(join(one, 'tallyctl'), join(linked, 'tallyctl'))
  t.same(programsOnPath(undefined), [])
  t.same(
    programsOnPath([one, linked, '', join(folder, 'gone')].join(':')),
    [join(one, 'tallyctl')],
    'a link is the same one',
  )
  const onPath = programsOnPath([two, one].join(':'))
  t.match(checkVersions({ ...facts, onPath }), [
    {
      level: 'warning',
      code: 'installedTwice',
      says: `${join(two, 'tallyctl')} is run, and ${join(one, 'tallyctl')} is on the PATH too`,
    },
  ])
})
