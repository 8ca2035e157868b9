// What the owner is told of a document that cannot be used, and how long.
import { mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createIncidents } from '../../../src/daemon/store/incidents.ts'
import { openToldDocument, TWICE } from '../../../src/daemon/store/told-document.ts'
import { temporaryFolder } from '../../harness/daemon.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

async function opener(t: Test) {
  const home = temporaryFolder(t)
  const incidents = createIncidents({
    path: join(home, 'incidents.json'),
    log: log as never,
    now: Date.now,
    onChanged: () => undefined,
  })
  await incidents.load()
  t.teardown(() => incidents.flush())
  const path = join(home, 'count.json')
  const open = () =>
    openToldDocument<number>({
      ...TWICE,
      path,
      schema: 1,
      check: (data): data is number => typeof data === 'number',
      empty: 0,
      incidents,
      code: 'countUnreadable',
      whenLost: 'count again',
      meanwhile: '; nothing is counted',
    })
  return { path, open, told: () => incidents.list() }
}

t.test('a copy that is missing is told of until the next start, and the other one is used', async (t) => {
  const { path, open, told } = await opener(t)
  const { document } = await open()
  await document.update(() => 7)
  t.same(told(), [], 'nothing is wrong')
  rmSync(path)
  t.equal((await open()).document.value, 7)
  t.match(told(), [{ code: 'countUnreadable', subject: path, says: /missing/, next: /nothing is lost/ }])
  t.equal((await open()).document.value, 7)
  t.same(told(), [])
})

t.test(
  'two copies that cannot be used are put aside, each is told of, and nothing is lost of either',
  async (t) => {
    const { path, open, told } = await opener(t)
    const second = path.replace('.json', '.previous.json')
    writeFileSync(path, 'one')
    writeFileSync(second, 'two')
    const { document, unreadable } = await open()
    t.equal(document.value, 0)
    t.equal(unreadable, null)
    t.match(told(), [
      { subject: path, next: 'count again' },
      { subject: second, next: 'count again' },
    ])
    t.same(
      told().map(({ kept }) => readFileSync(kept!, 'utf8')),
      ['one', 'two'],
    )
    await document.update(() => 1)
    t.equal((await open()).document.value, 1, 'it goes on')
    t.equal(told().length, 2, 'as long as the files are there')
  },
)

t.test(
  'one that cannot be read now is empty, takes no change, and is told of until it can be read',
  async (t) => {
    const { path, open, told } = await opener(t)
    mkdirSync(path)
    const { document, unreadable } = await open()
    t.match(unreadable, /EISDIR/)
    t.equal(document.value, 0)
    await t.rejects(
      document.update(() => 1),
      { code: 'EISDIR' },
    )
    t.match(told(), [{ subject: path, says: /EISDIR.*; nothing is counted$/, next: /restart tallyd/ }])
    rmdirSync(path)
    await open()
    t.same(told(), [])
  },
)
