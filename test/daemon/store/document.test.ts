// Documents under real faults: truncated, garbage, a full disk, a read-only disk, kill -9 while writing.
import { spawn, spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openDocument } from '../../../src/daemon/store/document.ts'
import type { Quarantine } from '../../../src/daemon/store/durable-file.ts'
import { endOf, temporaryFolder } from '../../harness/daemon.ts'
import { mounted } from '../../harness/disk.ts'

interface Counter {
  readonly count: number
  readonly padding: string
}

const isCounter = (data: unknown): data is Counter =>
  typeof data === 'object' && data !== null && typeof (data as Counter).count === 'number'

async function counter(folder: string, twice = false) {
  const quarantines: Quarantine[] = []
  const document = await openDocument<Counter>({
    path: join(folder, 'counter.json'),
    schema: 1,
    check: isCounter,
    empty: { count: 0, padding: '' },
    onQuarantine: (quarantine) => quarantines.push(quarantine),
    twice,
  })
  const add = (padding = '') => document.update(({ count }) => ({ count: count + 1, padding }))
  return { document, quarantines, add }
}

t.test('it is kept, with the version before, readable by nobody else', async (t) => {
  const folder = temporaryFolder(t)
  const { add, document } = await counter(folder)
  t.equal(document.value.count, 0)
  await Promise.all([add(), add(), add()])
  t.equal(document.value.count, 3, 'changes are made one after the other')
  t.equal((await counter(folder)).document.value.count, 3)
  t.same(readdirSync(folder).sort(), ['counter.json', 'counter.previous.json'])
  t.match(JSON.parse(readFileSync(join(folder, 'counter.previous.json'), 'utf8')), {
    schema: 1,
    data: { count: 2 },
  })
  for (const name of readdirSync(folder)) t.equal(lstatSync(join(folder, name)).mode & 0o777, 0o600)
})

t.test('an unreadable version is put aside and the one before is used', async (t) => {
  const whole = JSON.stringify({ schema: 1, data: { count: 2, padding: '' } })
  for (const [content, why] of [
    [whole.slice(0, 20), /not JSON/],
    ['', /empty/],
    ['\0\0\0\0', /not JSON/],
    ['null', /not an object/],
    ['{"schema":2,"data":{"count":1}}', /schema is 2/],
    ['{"schema":1,"data":{"count":"1"}}', /shape/],
  ] as const) {
    const folder = temporaryFolder(t)
    const first = await counter(folder)
    await first.add()
    await first.add()
    writeFileSync(join(folder, 'counter.json'), content)
    const { document, quarantines, add } = await counter(folder)
    t.equal(document.value.count, 1, `the version before instead of ${content}`)
    t.match(quarantines, [{ why, previousUsed: true }])
    t.equal(readFileSync(quarantines[0]!.broken!, 'utf8'), content, 'nothing is lost')
    await add()
    t.equal((await counter(folder)).document.value.count, 2, 'and it goes on')
  }
})

t.test('a missing version is said, once, and the one before is used', async (t) => {
  const folder = temporaryFolder(t)
  const { add } = await counter(folder)
  await add()
  await add()
  rmSync(join(folder, 'counter.json'))
  const { document, quarantines } = await counter(folder)
  t.equal(document.value.count, 1)
  t.match(quarantines, [{ broken: null, why: /missing/, previousUsed: true }])
  const again = await counter(folder)
  t.equal(again.document.value.count, 1)
  t.same(again.quarantines, [])
})

t.test('stored twice, either file alone holds the newest version', async (t) => {
  const names = ['counter.json', 'counter.previous.json'] as const
  for (const spoilt of names) {
    for (const spoil of [(path: string) => writeFileSync(path, 'x'), (path: string) => rmSync(path)]) {
      const folder = temporaryFolder(t)
      const { add } = await counter(folder, true)
      for (let count = 1; count <= 3; count++) {
        await add()
        t.same(readdirSync(folder).sort(), names)
      }
      for (const name of names) t.equal(lstatSync(join(folder, name)).mode & 0o777, 0o600)
      spoil(join(folder, spoilt))
      t.equal((await counter(folder, true)).document.value.count, 3, `without ${spoilt}`)
    }
  }
})

t.test('both versions unreadable', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'counter.json'), '{')
  writeFileSync(join(folder, 'counter.previous.json'), 'x')
  const { document, quarantines } = await counter(folder)
  t.equal(document.value.count, 0)
  t.equal(quarantines.length, 2)
})

t.test('three broken versions are kept', async (t) => {
  const folder = temporaryFolder(t)
  for (let count = 0; count < 6; count++) {
    writeFileSync(join(folder, 'counter.json'), `broken ${count}`)
    await counter(folder)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const broken = readdirSync(folder).filter((name) => name.includes('broken'))
  t.same(
    broken.sort().map((name) => readFileSync(join(folder, name), 'utf8')),
    ['broken 3', 'broken 4', 'broken 5'],
  )
})

t.test('a full disk: memory stays with the disk, and writing goes on when there is room', async (t) => {
  const folder = mounted(t, 'size=64k,mode=700')
  if (folder === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const { add, document } = await counter(folder)
  await add()
  await t.rejects(add('x'.repeat(200_000)), { code: 'ENOSPC' })
  t.equal(document.value.count, 1, 'memory is not ahead')
  t.equal((await counter(folder)).document.value.count, 1, 'the file is whole')
  t.notOk(readdirSync(folder).includes('counter.json.new'), 'no half-written file takes the room')
  await add('small')
  t.equal((await counter(folder)).document.value.count, 2)
})

t.test('a read-only disk', async (t) => {
  const folder = mounted(t, 'size=64k,mode=700')
  if (folder === undefined) {
    t.pass('not run', { skip: 'a real read-only disk needs root and mount' })
    return
  }
  const { add, document } = await counter(folder)
  await add()
  t.equal(spawnSync('mount', ['-o', 'remount,ro', folder]).status, 0)
  await t.rejects(add(), { code: 'EROFS' })
  t.equal(document.value.count, 1)
  t.equal((await counter(folder)).document.value.count, 1)
})

t.test('kill -9 while writing never corrupts, and what was acknowledged stands', async (t) => {
  const folder = temporaryFolder(t)
  const writer = join(import.meta.dirname, 'document-writer.js')
  let acknowledged = 0
  for (let round = 0; round < 40; round++) {
    const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = endOf(child)
    let said = ''
    child.stdout.on('data', (text) => {
      said += String(text)
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    child.kill('SIGKILL')
    await ended
    acknowledged = Math.max(acknowledged, ...said.trim().split('\n').map(Number))
    const { document, quarantines } = await counter(folder)
    t.same(quarantines, [], 'nothing was corrupt')
    t.ok(document.value.count >= acknowledged, `${document.value.count} of ${acknowledged} acknowledged`)
  }
  t.ok(acknowledged >= 40, `${acknowledged} changes, 40 kills`)
})
