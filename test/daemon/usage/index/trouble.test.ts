// Disks that are full or read-only, logs that cannot be read, clocks that are wrong: the daemon lives, what was counted
// stands, and doctor can say what happened.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { NOW } from '../log-folder.ts'
import { callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

const isRoot = process.getuid?.() === 0

/** Runs `use` while a small file system in memory lies on `path`. */
async function mounted(path: string, options: string, use: () => Promise<void>): Promise<void> {
  mkdirSync(path, { recursive: true })
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`mount: ${stderr}`)
  try {
    await use()
  } finally {
    spawnSync('umount', ['-l', path])
  }
}

/** Why nothing can be mounted here; false where it can. */
function whyNoMount(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'tallyd-mount-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
  if (status === 0) spawnSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true })
  return status === 0 ? false : 'NOT TESTED: mounting a small disk needs root'
}

const noMount = whyNoMount()
if (noMount !== false) t.comment(noMount)
const notRoot = isRoot ? false : 'NOT TESTED: becoming nobody needs root'
if (notRoot !== false) t.comment(notRoot)

t.test('a disk that is full, and has room again', { skip: noMount }, async (t) => {
  const home = new UsageHome(t.testdir())
  await mounted(home.state, 'size=64k', () => fillAndFree(t, home))
})

async function fillAndFree(t: Test, home: UsageHome): Promise<void> {
  home.write(LOG, callLines(1, 2))
  await home.start()
  await home.stop()
  const good = readFileSync(home.paths.checkpoint)
  const ballast = join(home.state, 'ballast')
  try {
    writeFileSync(ballast, Buffer.alloc(1 << 20))
  } catch {
    t.pass('the disk is full')
  }
  home.append(LOG, callLines(3, 3))
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3), 'it counts on in memory')
  await home.stop()
  t.same(
    home.incidents.all.map(({ code }) => code),
    ['checkpointUnwritable'],
  )
  t.match(home.incidents.all[0]?.says, /ENOSPC/)
  t.same(readFileSync(home.paths.checkpoint), good, 'the checkpoint before stands')
  t.equal(readFileSync(home.paths.checkpointPrevious).length > 0, true)
  await home.start()
  rmSync(ballast)
  home.append(LOG, callLines(4, 4))
  await home.usage.rescan()
  await home.stop()
  t.same(home.incidents.all, [], 'the trouble is over')
  rmSync(home.path('.claude'), { recursive: true })
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3, 4), 'and the checkpoint holds everything')
  await home.stop()
}

t.test('a state folder that is read-only', { skip: noMount }, async (t) => {
  const home = new UsageHome(t.testdir())
  await mounted(home.state, 'size=1m', () => closeAndOpen(t, home))
})

async function closeAndOpen(t: Test, home: UsageHome): Promise<void> {
  home.write(LOG, callLines(1, 2))
  await home.start()
  await home.stop()
  t.equal(spawnSync('mount', ['-o', 'remount,ro', home.state]).status, 0)
  home.append(LOG, callLines(3, 3))
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3))
  await home.stop()
  t.match(home.incidents.all, [{ code: 'checkpointUnwritable', says: /EROFS/ }])
  t.equal(spawnSync('mount', ['-o', 'remount,rw', home.state]).status, 0)
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3))
  await home.stop()
}

t.test('a log that is a link to itself is named, and the others count', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  symlinkSync('loop.jsonl', home.path('.claude/projects/p/loop.jsonl'))
  mkdirSync(home.path('.claude/projects/p/folder.jsonl'))
  const usage = await home.start()
  t.same(home.total(), totalOf(1, 2))
  t.same(usage.sources()[0]?.unreadable, [
    { path: home.path('.claude/projects/p/loop.jsonl'), code: 'ELOOP' },
  ])
  t.match(await usage.checks(), [{}, { level: 'warning', subject: 'unreadable logs' }])
  await home.stop()
})

t.test('a log, a folder and a state folder without permission', { skip: notRoot }, async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  home.write('.claude/projects/p/secret.jsonl', callLines(3, 3))
  home.write('.claude/projects/closed/session-b.jsonl', callLines(4, 4))
  const asNobody = () => {
    const program = fileURLToPath(new URL('as-nobody.js', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, [program, home.home], { encoding: 'utf8' })
    return { told: stdout.split('\n').filter((line) => line.startsWith('{') || line.startsWith('[')), stderr }
  }
  chmodSync(home.path('.claude/projects/p/secret.jsonl'), 0)
  chmodSync(home.path('.claude/projects/closed'), 0)
  chmodSync(home.state, 0o777)
  const first = asNobody()
  t.match(JSON.parse(first.told[0] ?? 'null'), { total: totalOf(1, 2) }, first.stderr)
  const { unreadable } = JSON.parse(first.told[0]!) as { unreadable: { path: string; code: string }[] }
  t.same(
    unreadable.map(({ code }) => code),
    ['EACCES', 'EACCES'],
  )
  chmodSync(home.path('.claude/projects/p/secret.jsonl'), 0o644)
  chmodSync(home.path('.claude/projects/closed'), 0o755)
  t.match(
    JSON.parse(asNobody().told[0] ?? 'null'),
    { total: totalOf(1, 2, 3, 4), unreadable: [] },
    'once they are mended',
  )
  chmodSync(home.path('.claude/projects/closed'), 0)
  t.match(
    JSON.parse(asNobody().told[0] ?? 'null'),
    { total: totalOf(1, 2, 3, 4) },
    'a folder that is closed is not gone',
  )
  chmodSync(home.state, 0o555)
  home.append(LOG, callLines(5, 5))
  const last = asNobody()
  t.match(JSON.parse(last.told[0] ?? 'null'), { total: totalOf(1, 2, 3, 4, 5) })
  t.same(JSON.parse(last.told[1] ?? 'null'), ['checkpointUnwritable'])
})

t.test('a clock that is years ahead counts what it knows, and comes back', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  await home.start({ now: () => NOW + 20 * 365 * 86_400_000 })
  t.same(home.total(), totalOf(1, 2))
  await home.stop()
  home.append(LOG, callLines(3, 3))
  await home.start()
  t.same(home.total(), totalOf(1, 2, 3))
  t.same(home.summary({ range: 'today', timeZone: 'UTC' }).total.calls, 0)
  await home.stop()
})

t.test('a clock that was years behind: lines it could not believe count once it is right', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  await home.start({ now: () => Date.parse('2020-01-01T00:00:00Z') })
  t.same(home.total().calls, 0)
  await home.stop()
  await home.start()
  await home.usage.rescan()
  t.same(home.total(), totalOf(1, 2))
  await home.stop()
})

t.test('a config that reads other folders, beside or instead of the usual ones', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  home.write('elsewhere/session-b.jsonl', callLines(3, 3))
  await home.start({ config: { sources: { 'claude-code': { roots: [home.path('elsewhere')] } } } })
  t.same(home.total(), totalOf(1, 2, 3))
  await home.stop()
  const other = new UsageHome(t.testdir({ other: {} }))
  other.write(LOG, callLines(1, 2))
  other.write('elsewhere/session-b.jsonl', callLines(3, 3))
  await other.start({ config: { sources: { 'claude-code': { roots: { replace: ['~/elsewhere'] } } } } })
  t.same(other.total(), totalOf(3))
  t.ok(existsSync(other.path(LOG)))
  await other.stop()
})

t.test('a log whose name is no UTF-8 is named, not passed over', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  const folder = Buffer.from(`${dirname(home.path(LOG))}/`)
  writeFileSync(Buffer.concat([folder, Buffer.from([0x61, 0xff]), Buffer.from('.jsonl')]), callLines(3, 3))
  await home.start()
  t.same(home.total(), totalOf(1, 2))
  const unreadable = home.usage.sources().flatMap((source) => source.unreadable)
  t.same(
    unreadable.map(({ code }) => code),
    ['EILSEQ'],
  )
  await home.stop()
})

t.test('a clock that jumps while it runs: every call stays in its own quarter-hour', async (t) => {
  const home = new UsageHome(t.testdir())
  let now = NOW
  const log = '.claude/projects/p/session-a.jsonl'
  home.write(log, callLines(1, 1))
  await home.start({ now: () => now })
  const YEAR_MS = 365 * 24 * 3_600_000
  for (const [index, jump] of [9 * YEAR_MS, -9 * YEAR_MS, -5 * 60_000, 3_600_000].entries()) {
    now += jump
    home.append(log, callLines(index + 2, index + 2))
    await home.usage.rescan()
    now = NOW
    await home.usage.rescan()
  }
  const byDay = () => home.summary({ range: 'all', timeZone: 'UTC', by: ['day'] }).rows
  const before = byDay()
  t.match(before, [{ day: '2026-03-02', calls: 5 }])
  t.equal(before.length, 1)
  await home.stop()
  await home.start({ now: () => now })
  t.same(byDay(), before, 'and after a restart')
  await home.stop()
})
