// The audit log on real files: its chain over restarts and rotations, torn lines, full disks, and what floods may cost.
import { appendFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Audit, createAudit } from '../../../src/daemon/store/audit.ts'
import { Floods, type Happening } from '../../../src/daemon/store/audit-floods.ts'
import { createIncidents, type StoredIncidents } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'
import { mounted } from '../../harness/disk.ts'

const log = createLog('off')
const AT = Date.parse('2026-11-21T10:00:00Z')

interface Opened {
  readonly audit: Audit
  readonly path: string
  readonly previous: string
  readonly incidents: StoredIncidents
  lines(): string[]
}

async function open(
  t: Teardown,
  folder = temporaryFolder(t),
  more: { cap?: number; now?: () => number } = {},
): Promise<Opened> {
  const paths = { audit: join(folder, 'audit.jsonl'), auditPrevious: join(folder, 'audit.previous.jsonl') }
  const incidents = createIncidents({
    path: join(folder, 'incidents.json'),
    log,
    now: Date.now,
    onChanged: () => undefined,
  })
  const audit = createAudit({ paths, incidents, log, now: () => AT, onAdded: () => undefined, ...more })
  await audit.load()
  t.teardown(() => audit.close())
  const lines = () => readFileSync(paths.audit, 'utf8').trimEnd().split('\n')
  return { audit, path: paths.audit, previous: paths.auditPrevious, incidents, lines }
}

t.test('entries are lines of mode 0600, numbered, each with the hash of the one before', async (t) => {
  const { audit, path, lines } = await open(t)
  audit.record('invited', {}, 'mutual')
  audit.record('paired', { id: 'ab'.repeat(32), name: 'laptop', address: '192.168.1.31:4765' }, 'mutual')
  const entries = await audit.list({ limit: 10 })
  t.same(
    entries.map(({ seq, what, detail }) => [seq, what, detail]),
    [
      [1, 'auditBegun', null],
      [2, 'invited', 'mutual'],
      [3, 'paired', 'mutual'],
    ],
  )
  t.same(entries[2]?.subject, { id: 'ab'.repeat(32), name: 'laptop', address: '192.168.1.31:4765' })
  t.equal(entries[2]?.at, '2026-11-21T10:00:00.000Z')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(lines().length, 3)
  const verified = await audit.verify(null)
  t.match(verified, { intact: true, entries: 3, first: 1, head: { seq: 3 }, kept: null, problems: [] })
  t.same(audit.newest(), entries)
  t.same(
    (await audit.list({ after: 2, limit: 10 })).map(({ seq }) => seq),
    [3],
  )
  t.same(
    (await audit.list({ since: AT + 1, limit: 10 })).map(({ seq }) => seq),
    [],
  )
  t.same(
    (await audit.list({ limit: 1 })).map(({ seq }) => seq),
    [3],
    'the newest',
  )
})

t.test('what is recorded before the file is read waits for it', async (t) => {
  const folder = temporaryFolder(t)
  await (await open(t, folder)).audit.close()
  const paths = { audit: join(folder, 'audit.jsonl'), auditPrevious: join(folder, 'audit.previous.jsonl') }
  const incidents = createIncidents({
    path: join(folder, 'i'),
    log,
    now: Date.now,
    onChanged: () => undefined,
  })
  const audit = createAudit({ paths, incidents, log, now: () => AT, onAdded: () => undefined })
  audit.record('unpaired')
  await audit.load()
  t.same(
    (await audit.list({ limit: 9 })).map(({ seq, what }) => [seq, what]),
    [
      [1, 'auditBegun'],
      [2, 'unpaired'],
    ],
  )
  await audit.close()
})

t.test('the chain goes on over a restart', async (t) => {
  const folder = temporaryFolder(t)
  for (const name of ['a', 'b', 'c']) {
    const { audit } = await open(t, folder)
    audit.record('renamed', { name })
    await audit.close()
  }
  const { audit } = await open(t, folder)
  t.match(await audit.verify(null), { intact: true, entries: 4, head: { seq: 4 } })
})

t.test('an edit, a line that is gone and one too many are found, with file and line', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path, lines } = await open(t, folder)
  for (let i = 0; i < 5; i++) audit.record('renamed', { name: `n${i}` })
  await audit.verify(null)
  const whole = lines()
  const written = (changed: readonly string[]) => writeFileSync(path, `${changed.join('\n')}\n`)
  const problems = async () => (await audit.verify(null)).problems.map(({ line }) => line)
  written(whole)
  t.same(await problems(), [], 'nothing is wrong with it as it was')
  written(whole.with(2, whole[2]!.replace('n1', 'n9')))
  t.same(await problems(), [4], 'the one after an edited one does not fit any more')
  written(whole.with(2, whole[2]!.replace('"detail"', ' "detail"')))
  t.same(await problems(), [4], 'white space is an edit too')
  written(whole.toSpliced(2, 1))
  t.same(await problems(), [3])
  written(whole.toSpliced(2, 0, whole[1]!))
  t.same(await problems(), [3])
  written(whole.with(3, 'garbage'))
  t.same(await problems(), [4, 5])
})

t.test('a cut tail shows only if its head was kept elsewhere', async (t) => {
  const { audit, path, lines } = await open(t)
  for (let i = 0; i < 3; i++) audit.record('renamed', { name: `n${i}` })
  const { head } = await audit.verify(null)
  t.equal((await audit.verify(head)).kept, 'found')
  writeFileSync(path, `${lines().slice(0, -1).join('\n')}\n`)
  t.match(await audit.verify(null), { intact: true, entries: 3 }, 'the limit that docs/audit.md names')
  t.match(await audit.verify(head), { intact: false, kept: 'missing' })
})

t.test(
  'after an edit the chain goes on from what the daemon wrote, so that the edit stays visible',
  async (t) => {
    const folder = temporaryFolder(t)
    const { audit, path, lines } = await open(t, folder)
    audit.record('renamed', { name: 'a' })
    await audit.verify(null)
    writeFileSync(path, `${lines().join('\n').replace('"a"', '"b"')}\n`)
    audit.record('renamed', { name: 'c' })
    t.match(await audit.verify(null), { intact: false, problems: [{ line: 3 }] })
  },
)

for (const [name, cut] of [
  ['in the middle', 40],
  ['to its first byte', -1],
] as const) {
  t.test(`a last line that was torn ${name} is cut off, and that is recorded`, async (t) => {
    const folder = temporaryFolder(t)
    const { audit, path, lines } = await open(t, folder)
    audit.record('renamed', { name: 'a' })
    audit.record('renamed', { name: 'b' })
    await audit.close()
    const last = lines().at(-1)!
    const keep = cut < 0 ? 1 : last.length - cut
    truncateSync(path, statSync(path).size - 1 - last.length + keep)
    const again = await open(t, folder)
    const entries = await again.audit.list({ limit: 9 })
    t.same(
      entries.map(({ seq, what, detail }) => [seq, what, detail]),
      [
        [1, 'auditBegun', null],
        [2, 'renamed', null],
        [3, 'auditRepaired', `${keep} bytes of it were there`],
      ],
    )
    t.match(await again.audit.verify(null), { intact: true, entries: 3 })
  })
}

t.test('a last line that lacks nothing but its end is kept', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path } = await open(t, folder)
  audit.record('renamed', { name: 'a' })
  await audit.close()
  truncateSync(path, statSync(path).size - 1)
  const again = await open(t, folder)
  t.same(
    (await again.audit.list({ limit: 9 })).map(({ what }) => what),
    ['auditBegun', 'renamed', 'auditRepaired'],
  )
  t.match(await again.audit.verify(null), { intact: true, entries: 3 })
})

t.test('a file of nothing but garbage is gone on after, and found', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'audit.jsonl'), 'garbage\nmore\n')
  const { audit } = await open(t, folder)
  audit.record('renamed')
  t.match(await audit.verify(null), { intact: false, entries: 3, head: { seq: 3 } })
})

t.test('two files, and the chain over both; what was rotated out is missing and not wrong', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path, previous } = await open(t, folder, { cap: 60_000 })
  for (let i = 0; i < 1_000; i++) audit.record('renamed', { name: `n${i}` })
  const verified = await audit.verify(null)
  t.match(verified, { intact: true, head: { seq: 1_001 } })
  t.ok((verified.first ?? 0) > 1)
  t.equal(verified.entries, 1_001 - (verified.first ?? 0) + 1)
  for (const file of [path, previous]) {
    t.ok(statSync(file).size <= 60_000)
    t.equal(statSync(file).mode & 0o777, 0o600)
  }
  t.equal((await audit.verify({ seq: 2, hash: 'a'.repeat(64) })).kept, 'tooOld')
  await audit.close()
  const again = await open(t, folder, { cap: 60_000 })
  again.audit.record('renamed', { name: 'after' })
  t.match(await again.audit.verify(null), { intact: true, head: { seq: 1_002 } })
  writeFileSync(previous, readFileSync(previous, 'utf8').replace('"n', '"m'))
  t.equal((await again.audit.verify(null)).intact, false, 'the rotated file is watched as well')
})

t.test('killed between renaming the full file and beginning the next one, the chain goes on', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path, previous } = await open(t, folder)
  audit.record('renamed')
  await audit.close()
  writeFileSync(previous, readFileSync(path))
  truncateSync(path, 0)
  const again = await open(t, folder)
  again.audit.record('renamed')
  t.match(await again.audit.verify(null), { intact: true, entries: 3, head: { seq: 3 } })
})

t.test('100,000 refusals from few and from very many addresses take less than a megabyte', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path, previous } = await open(t, folder)
  const began = process.cpuUsage().user
  for (let i = 0; i < 50_000; i++) audit.record('refused', { address: '192.168.1.66' }, 'not paired')
  for (let i = 0; i < 50_000; i++)
    audit.record('refused', { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }, `no. ${i}`)
  t.ok(process.cpuUsage().user - began < 5_000_000, `${(process.cpuUsage().user - began) / 1000} ms`)
  audit.record('unpaired', { name: 'laptop' })
  await audit.close()
  const size = statSync(path).size + (existsSync(previous) ? statSync(previous).size : 0)
  t.ok(size < 1_000_000, `${size} bytes`)
  t.ok(size < 10_000, `${size} bytes: not even much of it`)
  const again = await open(t, folder)
  const entries = await again.audit.list({ limit: 10_000 })
  const counted = entries.filter(({ what }) => what === 'refused').reduce((sum, { count }) => sum + count, 0)
  t.equal(counted, 100_000, 'every one is counted')
  t.ok(
    entries.some(({ what }) => what === 'unpaired'),
    'and what matters is not among them',
  )
})

t.test('a flood that lasts a day, from ever new addresses, costs a bounded number of entries', async (t) => {
  const written: Happening[] = []
  let now = 0
  const floods = new Floods(
    (happening) => written.push(happening),
    () => now,
  )
  t.teardown(() => floods.close())
  for (let second = 0; second < 86_400; second++) {
    now = second * 1_000
    const subject = { id: null, name: null, address: `10.0.0.${second % 250}` }
    floods.take({ what: 'refused', subject, detail: null, at: now, count: 1, since: null })
  }
  floods.close()
  t.equal(
    written.reduce((sum, { count }) => sum + count, 0),
    86_400,
  )
  t.ok(written.length < 400, `${written.length} entries`)
})

t.test(
  'the first is written at once, those of the next minute as one entry, and a new minute begins',
  async (t) => {
    const written: Happening[] = []
    let now = 0
    const floods = new Floods(
      (happening) => written.push(happening),
      () => now,
    )
    t.teardown(() => floods.close())
    const take = (at: number, address = 'a') => {
      now = at
      const subject = { id: null, name: null, address }
      floods.take({ what: 'refused', subject, detail: null, at, count: 1, since: null })
    }
    const told = () => written.splice(0).map(({ at, count, since }) => [at, count, since])
    take(0)
    t.same(told(), [[0, 1, null]])
    for (const at of [10, 20, 30]) take(at)
    t.same(told(), [])
    take(40, 'b')
    t.same(told(), [[40, 1, null]], 'another address is another subject')
    take(60_001)
    t.same(told(), [[30, 3, 10]])
    now = 200_000
    floods.sweep()
    t.same(told(), [[60_001, 1, null]])
    for (let i = 0; i < 3; i++)
      floods.take({
        what: 'renamed',
        subject: { id: null, name: null, address: null },
        detail: null,
        at: 1,
        count: 1,
        since: null,
      })
    t.equal(told().length, 3, 'what the owner does is written each time')
  },
)

t.test('names from others reach no line of their own, and are cut', async (t) => {
  const { audit, lines } = await open(t)
  audit.record('renamed', { name: `a\n{"seq":9}\u202e${'x'.repeat(10_000)}` })
  await audit.verify(null)
  t.equal(lines().length, 2)
  t.ok(lines()[1]!.length < 500)
})

t.test('a full disk is an incident, and nothing of what waits is lost when it has room again', async (t) => {
  const disk = mounted(t, 'size=256k')
  if (disk === undefined) {
    t.pass('not run', { skip: 'a real full disk needs root and mount' })
    return
  }
  const { audit, path, incidents } = await open(t, disk)
  audit.record('renamed', { name: 'before' })
  await audit.verify(null)
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, '')
  t.throws(() => {
    for (;;) appendFileSync(ballast, Buffer.alloc(1_024))
  }, /ENOSPC/)
  for (let i = 0; i < 200; i++) audit.record('renamed', { name: `full ${i} ${'x'.repeat(100)}` })
  await audit.verify(null)
  t.ok(incidents.list().some(({ code }) => code === 'auditUnwritten'))
  t.match(await audit.verify(null), { intact: true }, 'no torn line')
  truncateSync(ballast, 0)
  await audit.close()
  t.notOk(incidents.list().some(({ code }) => code === 'auditUnwritten'))
  const entries = (await open(t, disk)).audit.list({ limit: 1_000 })
  t.equal((await entries).filter(({ what }) => what === 'renamed').length, 201)
  t.ok(statSync(path).size > 20_000)
})

t.test('a log that cannot be read is not begun anew', async (t) => {
  const folder = temporaryFolder(t)
  const { audit, path } = await open(t, folder)
  audit.record('renamed')
  await audit.close()
  const before = readFileSync(path)
  const elsewhere = { audit: join(path, 'below-a-file'), auditPrevious: join(folder, 'audit.previous.jsonl') }
  const incidents = createIncidents({
    path: join(folder, 'i'),
    log,
    now: Date.now,
    onChanged: () => undefined,
  })
  const other = createAudit({ paths: elsewhere, incidents, log, now: () => AT, onAdded: () => undefined })
  await other.load()
  other.record('renamed')
  t.ok(incidents.list().some(({ code }) => code === 'auditUnwritten'))
  await t.rejects(other.list({ limit: 1 }), /cannot be read/)
  await other.close()
  t.same(readFileSync(path), before)
})
