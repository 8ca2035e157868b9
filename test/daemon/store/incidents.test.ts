// Incidents: counted, capped, kept over a restart, and kept in memory when the disk refuses.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createIncidents } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const log = createLog('off')
const trouble = (subject: string, code = 'somethingBroke') => ({
  code,
  subject,
  says: `${subject} broke`,
  next: 'mend it',
})

function incidentsAt(path: string, start = 0) {
  let time = start
  let changes = 0
  const incidents = createIncidents({ path, log, now: () => (time += 1_000), onChanged: () => changes++ })
  return { incidents, changes: () => changes }
}

t.test('the same again raises the count', async (t) => {
  const { incidents, changes } = incidentsAt(join(temporaryFolder(t), 'incidents.json'))
  await incidents.load()
  incidents.record(trouble('a'))
  incidents.record(trouble('b'))
  incidents.record(trouble('a'))
  t.equal(changes(), 3)
  t.match(incidents.list(), [
    { subject: 'b', count: 1 },
    { subject: 'a', count: 2, firstAt: '1970-01-01T00:00:01.000Z', lastAt: '1970-01-01T00:00:03.000Z' },
  ])
  incidents.resolve('somethingBroke', 'a')
  t.match(incidents.list(), [{ subject: 'b' }])
  incidents.record(trouble('c', 'other'))
  incidents.resolve('somethingBroke')
  t.match(incidents.list(), [{ subject: 'c' }])
  incidents.resolve('nothing')
  await incidents.flush()
})

t.test('they outlive a restart, and what came before loading is added', async (t) => {
  const path = join(temporaryFolder(t), 'incidents.json')
  const first = incidentsAt(path).incidents
  await first.load()
  first.record(trouble('a'))
  first.record(trouble('b'))
  await first.flush()
  const second = incidentsAt(path, 100_000).incidents
  second.resolve('somethingBroke', 'b')
  second.record(trouble('a'))
  second.record(trouble('c'))
  await second.load()
  t.match(second.list(), [
    { subject: 'a', count: 2, firstAt: '1970-01-01T00:00:01.000Z' },
    { subject: 'c', count: 1 },
  ])
  t.equal(JSON.parse(readFileSync(path, 'utf8')).data.length, 2, 'and is written')
})

t.test('at most a hundred, the oldest goes first', async (t) => {
  const path = join(temporaryFolder(t), 'incidents.json')
  const { incidents } = incidentsAt(path)
  await incidents.load()
  for (let count = 0; count < 150; count++) incidents.record(trouble(`s${count}`))
  incidents.record({ ...trouble('x'.repeat(5_000)), says: 'y'.repeat(5_000) })
  t.equal(incidents.list().length, 100)
  t.equal(incidents.list()[0]?.subject, 's51')
  t.equal(incidents.list().at(-1)?.says.length, 1_000)
  await incidents.flush()
  const again = incidentsAt(path).incidents
  await again.load()
  t.equal(again.list().length, 100)
})

t.test('a file that cannot be read or written', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'incidents.json')
  writeFileSync(path, 'garbage')
  const { incidents } = incidentsAt(path)
  await incidents.load()
  t.match(
    incidents.list(),
    [{ code: 'documentQuarantined', subject: path, next: /broken-/ }],
    'is itself told',
  )

  const blocked = join(folder, 'blocked.json')
  mkdirSync(join(blocked, 'x'), { recursive: true })
  const second = incidentsAt(blocked).incidents
  await second.load()
  second.record(trouble('a'))
  await second.flush()
  t.match(second.list(), [{ subject: 'a' }], 'memory keeps it')
  t.match(second.unwritten(), /EISDIR/)
})

t.test('a file that was put aside is told of until it is removed', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'incidents.json')
  const kept = join(folder, 'tokens.json.broken-1')
  writeFileSync(kept, '')
  const { incidents } = incidentsAt(path)
  await incidents.load()
  incidents.record({ ...trouble('tokens', 'tokensUnreadable'), kept })
  incidents.record(trouble('now', 'tokensUnreadable'))
  incidents.resolve('tokensUnreadable')
  incidents.sweep()
  t.match(incidents.list(), [{ subject: 'tokens', kept }], 'what can be read again does not take it back')
  await incidents.flush()
  const again = incidentsAt(path).incidents
  await again.load()
  rmSync(kept)
  t.equal(again.list().length, 1)
  again.sweep()
  t.same(again.list(), [])
})
