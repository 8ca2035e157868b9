// Whatever happens to log files between two looks, what was counted stays, what is new counts, nothing counts twice.
import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

type Step = (home: UsageHome) => void

/** Starts on calls 1 and 2, makes the change, rescans; then restarts and looks again. */
function changes(
  name: string,
  change: Step,
  after: { calls: number; output: number },
  before: Step = () => undefined,
) {
  t.test(name, async (t) => {
    const home = new UsageHome(t.testdir())
    home.write(LOG, callLines(1, 2))
    before(home)
    const usage = await home.start()
    change(home)
    await usage.rescan()
    t.same(home.total(), after, 'after a rescan')
    await usage.rescan()
    t.same(home.total(), after, 'and another')
    await home.stop()
    await home.start()
    t.same(home.total(), after, 'after a restart')
    await home.stop()
    t.same(home.incidents.all, [])
  })
}

changes('append', (home) => home.append(LOG, callLines(3, 4)), totalOf(1, 2, 3, 4))

changes(
  'a new file and a new folder',
  (home) => {
    home.write('.claude/projects/p/session-b.jsonl', callLines(3, 3, 'session-b'))
    home.write('.claude/projects/q/session-c/subagents/agent-1.jsonl', callLines(4, 4))
  },
  totalOf(1, 2, 3, 4),
)

changes('a deleted file stays counted', (home) => rmSync(home.path(LOG)), totalOf(1, 2))

changes(
  'a truncated file that is written anew',
  (home) => {
    truncateSync(home.path(LOG), 0)
    home.append(LOG, callLines(5, 5))
  },
  totalOf(1, 2, 5),
)

changes(
  'a file that lost its last line and half of another',
  (home) => truncateSync(home.path(LOG), callLines(1, 2).length - 20),
  totalOf(1, 2),
)

changes(
  'replaced in place by a larger one: same inode',
  (home) => {
    const { ino } = statSync(home.path(LOG))
    writeFileSync(home.path(LOG), callLines(5, 9))
    if (statSync(home.path(LOG)).ino !== ino) throw new Error('not in place')
  },
  totalOf(1, 2, 5, 6, 7, 8, 9),
)

changes(
  'replaced in place by one that begins alike',
  (home) => writeFileSync(home.path(LOG), callLines(1, 1) + callLines(3, 9)),
  totalOf(1, 2, 3, 4, 5, 6, 7, 8, 9),
)

changes(
  'replaced by renaming, with what it had and more',
  (home) => {
    home.write('new', callLines(1, 4))
    renameSync(home.path('new'), home.path(LOG))
  },
  totalOf(1, 2, 3, 4),
)

changes(
  'replaced by renaming, same size, other calls',
  (home) => {
    home.write('new', callLines(3, 4))
    renameSync(home.path('new'), home.path(LOG))
  },
  totalOf(1, 2, 3, 4),
)

changes(
  'renamed and moved',
  (home) => {
    mkdirSync(home.path('.claude/projects/moved'))
    renameSync(home.path(LOG), home.path('.claude/projects/moved/session-a.jsonl'))
    home.append('.claude/projects/moved/session-a.jsonl', callLines(3, 3))
  },
  totalOf(1, 2, 3),
)

changes(
  'symbolic links that loop, and one to a log that is read already',
  (home) => {
    symlinkSync('..', home.path('.claude/projects/p/up'))
    symlinkSync(home.path(LOG), home.path('.claude/projects/p/again.jsonl'))
    symlinkSync('nowhere.jsonl', home.path('.claude/projects/p/dangling.jsonl'))
    home.append(LOG, callLines(3, 3))
  },
  totalOf(1, 2, 3),
)

changes(
  'a root that did not exist appears',
  (home) => home.write('.config/claude/projects/p/session-b.jsonl', callLines(3, 3, 'session-b')),
  totalOf(1, 2, 3),
)

changes(
  'NUL bytes where a crash left a hole',
  (home) => home.append(LOG, Buffer.concat([Buffer.alloc(5000), Buffer.from(`\n${callLines(3, 3)}`)])),
  totalOf(1, 2, 3),
)

t.test('a root that vanishes and comes back is not counted twice', async (t) => {
  const home = new UsageHome(t.testdir())
  home.write(LOG, callLines(1, 2))
  const usage = await home.start()
  renameSync(home.path('.claude'), home.path('away'))
  await usage.rescan()
  t.same(home.total(), totalOf(1, 2), 'while it is gone')
  t.equal(usage.state().files, 0)
  await home.stop()
  await home.start()
  t.same(home.total(), totalOf(1, 2), 'after a restart without it')
  renameSync(home.path('away'), home.path('.claude'))
  home.append(LOG, callLines(3, 3))
  await home.usage.rescan()
  t.same(home.total(), totalOf(1, 2, 3), 'when it is back')
  t.equal(home.usage.state().files, 1)
  await home.stop()
})

t.test('a file that is replaced and truncated while it is read', async (t) => {
  const home = new UsageHome(t.testdir())
  const filler = `{"type":"user","message":{"content":"${'x'.repeat(1000)}"}}\n`
  home.write(LOG, callLines(1, 2) + filler.repeat(12_000) + callLines(3, 3))
  const starting = home.start()
  await new Promise((resolve) => setImmediate(resolve))
  truncateSync(home.path(LOG), 6_000_000)
  home.write('new', callLines(1, 4))
  await new Promise((resolve) => setImmediate(resolve))
  renameSync(home.path('new'), home.path(LOG))
  await starting
  await home.usage.rescan()
  t.same(home.total(), totalOf(1, 2, 3, 4))
  await home.stop()
})

t.test('rescans while what the watcher heard of is read, of more than is read in one turn', async (t) => {
  const home = new UsageHome(t.testdir())
  const usage = await home.start()
  const filler = (n: number) => `{"type":"user","message":{"content":"${'x'.repeat(3001 + n)}"}}\n`
  let text = ''
  for (let n = 1; n <= 6000; n++) text += filler(n % 97) + callLines(n, n)
  home.write(LOG, text)
  home.write('.claude/projects/p/session-b.jsonl', text.replaceAll('session-a', 'session-b'))
  await Promise.all([usage.rescan(), usage.rescan(), usage.rescan()])
  t.equal(home.total().calls, 12_000)
  t.equal(usage.state().rejected, 0)
  t.equal(usage.state().lines, 24_000)
  await home.stop()
})
