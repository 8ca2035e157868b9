// Copies and their files under real faults: garbage, a full disk, kill -9 while writing.
import { spawn } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { type Copies, openCopies } from '../../../src/daemon/devices/copies.ts'
import type { Copy } from '../../../src/daemon/devices/copy.ts'
import { isStoredCopy, pack, unpack } from '../../../src/daemon/devices/copy-file.ts'
import { createOutbox } from '../../../src/daemon/devices/outbox.ts'
import { type Incident, type Incidents, quarantined } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import type { Totals } from '../../../src/daemon/tallies/totals.ts'
import { endOf, temporaryFolder } from '../../harness/daemon.ts'
import { mounted } from '../../harness/disk.ts'
import { bucket, FIRST_QUARTER, linesOf, longHistory, toolCalls, totalsOf } from './made-totals.ts'

const ID = 'ab'.repeat(32)
const OTHER_ID = 'cd'.repeat(32)

type Recorded = Pick<Incident, 'code' | 'subject'>

function opened(folder: string, pauseMs?: number): { copies: Copies; now: Recorded[] } {
  const now: Recorded[] = []
  const incidents: Incidents = {
    record: ({ code, subject }) => void now.push({ code, subject }),
    resolve(code, subject) {
      const at = now.findIndex((each) => each.code === code && each.subject === subject)
      if (at >= 0) now.splice(at, 1)
    },
    list: () => [],
  }
  const context = { paths: { copies: join(folder, 'copies') }, incidents, log: createLog('off') }
  return { copies: openCopies(pauseMs === undefined ? context : { ...context, pauseMs }), now }
}

/** The copy takes everything that these totals tell. */
function tell(copy: Copy, totals: Totals, at = 5): void {
  const outbox = createOutbox({
    quotas: () => [],
    totals: () => totals,
    name: () => 'laptop',
    timeZone: () => 'UTC',
    program: '1.0.0',
  })
  copy.apply(outbox.answer()!, at)
}

const factsOf = ({ name, timeZone, program, cursor, asOf }: Copy) => ({
  name,
  timeZone,
  program,
  cursor,
  asOf,
})
const at = (folder: string, name: string) => join(folder, 'copies', name)

t.test('packed, through JSON and unpacked it is the same copy', async () => {
  const rows = fc.tuple(fc.array(bucket, { maxLength: 40 }), fc.array(toolCalls, { maxLength: 40 }))
  const { copies } = opened('/nowhere')
  const copy = await copies.load(ID)
  fc.assert(
    fc.property(rows, ([buckets, tools]) => {
      tell(copy, totalsOf(buckets, tools))
      const stored: unknown = JSON.parse(JSON.stringify(pack(copy)))
      if (!isStoredCopy(stored)) return false
      const again = unpack(stored)
      return (
        JSON.stringify([factsOf(again), linesOf(again.totals)]) ===
        JSON.stringify([factsOf(copy), linesOf(copy.totals)])
      )
    }),
  )
})

t.test('what was not packed is not unpacked, and nothing throws', async (t) => {
  const { copies } = opened('/nowhere')
  const copy = await copies.load(ID)
  tell(copy, longHistory(50))
  const whole = pack(copy)
  const { buckets } = whole
  for (const broken of [
    null,
    [],
    {},
    { ...whole, name: 7 },
    { ...whole, asOf: 'yesterday' },
    { ...whole, models: [] },
    { ...whole, tools: [] },
    { ...whole, agents: [] },
    { ...whole, activities: [] },
    { ...whole, models: [...whole.models, whole.models[0]!] },
    { ...whole, models: ['x'.repeat(1_000)] },
    { ...whole, buckets: null },
    { ...whole, buckets: { ...buckets, rows: 0 } },
    { ...whole, buckets: { ...buckets, rows: -1 } },
    { ...whole, buckets: { ...buckets, rows: 1e308 } },
    { ...whole, buckets: { ...buckets, rows: 49 } },
    { ...whole, buckets: { ...buckets, rows: 51 } },
    { ...whole, buckets: { ...buckets, crc: buckets.crc ^ 1 } },
    { ...whole, buckets: { ...buckets, base64: buckets.base64.slice(8) } },
    { ...whole, buckets: { ...buckets, base64: `A${buckets.base64.slice(1)}` } },
  ]) {
    t.equal(isStoredCopy(broken), false, JSON.stringify(broken)?.slice(-80))
  }
  const any = fc.anything({ withNullPrototype: true })
  fc.assert(fc.property(any, (value) => !isStoredCopy(value)))
  const key = fc.constantFrom(...Object.keys(whole))
  fc.assert(
    fc.property(key, any, (name, value) => [true, false].includes(isStoredCopy({ ...whole, [name]: value }))),
  )
})

t.test('a copy outlives a restart, readable by nobody else', async (t) => {
  const folder = temporaryFolder(t)
  const { copies, now } = opened(folder)
  const copy = await copies.load(ID)
  tell(copy, longHistory(1_000), 77)
  copies.changed(ID)
  await copies.close()
  const { copies: later } = opened(folder)
  t.equal(later.of(ID), undefined)
  const loaded = await later.load(ID)
  t.equal(await later.load(ID), loaded, 'one object for all')
  t.equal(later.of(ID), loaded)
  t.strictSame([factsOf(loaded), linesOf(loaded.totals)], [factsOf(copy), linesOf(copy.totals)])
  t.equal(lstatSync(join(folder, 'copies')).mode & 0o777, 0o700)
  for (const name of readdirSync(join(folder, 'copies')))
    t.equal(lstatSync(at(folder, name)).mode & 0o777, 0o600)
  t.same(now, [])
})

t.test('many changes are few writes, and a mere confirmation is none until the end', async (t) => {
  const folder = temporaryFolder(t)
  const { copies } = opened(folder, 300)
  const copy = await copies.load(ID)
  const onDisk = () =>
    JSON.parse(readFileSync(at(folder, `${ID}.json`), 'utf8')) as { data: { asOf: number } }
  for (let calls = 1; calls <= 20; calls++) {
    tell(copy, longHistory(calls), calls)
    copies.changed(ID)
    if (calls === 10) t.throws(() => onDisk(), { code: 'ENOENT' }, 'not yet')
  }
  await sleep(600)
  t.equal(onDisk().data.asOf, 20)
  copy.confirm(120_000)
  copies.confirmed(ID)
  await sleep(500)
  t.equal(onDisk().data.asOf, 20)
  await copies.close()
  t.equal(onDisk().data.asOf, 120_000)
})

t.test('a copy that cannot be read is put aside, and the device is asked for everything', async (t) => {
  for (const content of [
    '',
    '{',
    'null',
    '{"schema":1,"data":{}}',
    '{"schema":9,"data":{}}',
    '\0'.repeat(5_000),
  ]) {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'copies'), { mode: 0o700 })
    writeFileSync(at(folder, `${ID}.json`), content)
    const { copies, now } = opened(folder)
    const copy = await copies.load(ID)
    t.equal(copy.cursor, null)
    t.same(
      now.map(({ code }) => code),
      [quarantined({ path: '', broken: '', why: '', previousUsed: false }).code],
    )
    tell(copy, longHistory(10))
    copies.changed(ID)
    await copies.close()
    t.equal((await opened(folder).copies.load(ID)).cursor, copy.cursor)
  }
})

t.test("a file in another device's place is no copy of it", async (t) => {
  const folder = temporaryFolder(t)
  const { copies } = opened(folder)
  tell(await copies.load(ID), longHistory(10))
  copies.changed(ID)
  await copies.close()
  writeFileSync(at(folder, `${OTHER_ID}.json`), readFileSync(at(folder, `${ID}.json`)))
  t.equal((await opened(folder).copies.load(OTHER_ID)).name, null)
})

t.test('names that came in by other rules are asked for again, and shown until then', async (t) => {
  const folder = temporaryFolder(t)
  const { copies } = opened(folder)
  tell(await copies.load(ID), longHistory(10))
  copies.changed(ID)
  await copies.close()
  const text = readFileSync(at(folder, `${ID}.json`), 'utf8')
  writeFileSync(at(folder, `${ID}.json`), text.replace(/"rules":"[0-9a-f]+"/, '"rules":"0123"'))
  const loaded = await opened(folder).copies.load(ID)
  t.equal(loaded.cursor, null)
  t.equal(loaded.totals.buckets.table.length, 10)
})

t.test('forgetting leaves nothing, also while it is being written; others stay', async (t) => {
  const folder = temporaryFolder(t)
  const { copies } = opened(folder)
  for (const id of [ID, OTHER_ID]) {
    tell(await copies.load(id), longHistory(2_000))
    copies.changed(id)
  }
  await copies.flush()
  copies.changed(ID)
  const flushed = copies.flush()
  await copies.remove(ID)
  await flushed
  copies.changed(ID)
  await copies.close()
  t.same(readdirSync(join(folder, 'copies')), [`${OTHER_ID}.json`])
  t.equal(copies.of(ID), undefined)
  await opened(temporaryFolder(t)).copies.remove(ID)
})

t.test('an id that is no fingerprint names no file', async (t) => {
  const { copies } = opened(temporaryFolder(t))
  for (const id of ['', '../identity', 'AB'.repeat(32), `${ID}/x`, `${ID}\n`]) {
    await t.rejects(copies.load(id), RangeError)
    await t.rejects(copies.remove(id), RangeError)
  }
})

t.test('a full disk is an incident, memory stays right, and it ends when there is room', async (t) => {
  const folder = mounted(t, 'size=400k,mode=700')
  if (folder === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const { copies, now } = opened(folder)
  const copy = await copies.load(ID)
  tell(copy, longHistory(10), 1)
  copies.changed(ID)
  await copies.flush()
  tell(copy, longHistory(10_000), 2)
  copies.changed(ID)
  await copies.flush()
  t.match(now, [{ code: 'copyUnwritten', subject: at(folder, `${ID}.json`) }])
  t.equal(copy.totals.buckets.table.length, 10_000)
  t.equal((await opened(folder).copies.load(ID)).totals.buckets.table.length, 10, 'the file before is whole')
  tell(copy, longHistory(20), 3)
  await copies.flush()
  t.same(now, [], 'what was not written is tried again')
  t.equal((await opened(folder).copies.load(ID)).asOf, 3)
})

t.test('kill -9 while writing leaves a copy that loads', async (t) => {
  const folder = temporaryFolder(t)
  const writer = join(import.meta.dirname, 'copies-writer.js')
  let acknowledged = 0
  for (let round = 0; round < 20; round++) {
    const child = spawn(process.execPath, [writer, folder, ID], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = endOf(child)
    let said = ''
    child.stdout.on('data', (text) => {
      said += String(text)
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await sleep(Math.random() * 30)
    child.kill('SIGKILL')
    await ended
    acknowledged = Math.max(acknowledged, ...said.trim().split('\n').map(Number))
    const { copies, now } = opened(folder)
    const copy = await copies.load(ID)
    t.same(now, [], 'nothing was corrupt')
    const row = copy.totals.buckets.table.of.quarter.indexOf(FIRST_QUARTER)
    const calls = copy.totals.buckets.table.of.calls[row]!
    t.ok(calls >= acknowledged, `${calls} of ${acknowledged} acknowledged`)
  }
  t.ok(acknowledged >= 20, `${acknowledged} writes, 20 kills`)
})
