// Changes are counted as they come, without a rescan.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { Watcher } from '../../../../src/daemon/usage/index/watcher.ts'
import { callLines, LOG, totalOf, UsageHome } from '../usage-home.ts'

/** Waits until the totals are `wanted`, or a second has passed: the first rescan comes after two. */
async function settle(home: UsageHome, wanted: { calls: number }): Promise<void> {
  for (let i = 0; i < 100 && home.total().calls !== wanted.calls; i++) await pause(10)
}

const steps: readonly [string, (home: UsageHome) => void, { calls: number; output: number }][] = [
  ['a line appended', (home) => home.append(LOG, callLines(3, 3)), totalOf(1, 2, 3)],
  [
    'half a line, then the rest',
    (home) => {
      const line = callLines(3, 3)
      home.append(LOG, line.slice(0, 50))
      home.append(LOG, line.slice(50))
    },
    totalOf(1, 2, 3),
  ],
  [
    'a new file',
    (home) => home.write('.claude/projects/p/session-b.jsonl', callLines(3, 3)),
    totalOf(1, 2, 3),
  ],
  [
    'a new folder with a folder in it, all at once',
    (home) => home.write('.claude/projects/q/session-b/subagents/agent-1.jsonl', callLines(3, 3)),
    totalOf(1, 2, 3),
  ],
  ['a root that appears', (home) => home.write('.codex/sessions/rollout-x.jsonl', ''), totalOf(1, 2)],
  ['a file deleted', (home) => rmSync(home.path(LOG)), totalOf(1, 2)],
  [
    'a file replaced by renaming',
    (home) => {
      home.write('new', callLines(3, 4))
      renameSync(home.path('new'), home.path(LOG))
    },
    totalOf(1, 2, 3, 4),
  ],
]

for (const [name, change, wanted] of steps) {
  t.test(name, async (t) => {
    const home = new UsageHome(t.testdir())
    home.write(LOG, callLines(1, 2))
    await home.start()
    change(home)
    await settle(home, wanted)
    if (wanted.calls === 2) await pause(100)
    t.same(home.total(), wanted)
    await home.stop()
  })
}

t.test('no folder at all at the start, then the whole way down', async (t) => {
  const home = new UsageHome(t.testdir())
  await home.start()
  mkdirSync(home.path('.claude'))
  await pause(50)
  home.write(LOG, callLines(1, 2))
  await settle(home, totalOf(1, 2))
  t.same(home.total(), totalOf(1, 2))
  await home.stop()
})

t.test('a folder that could not be watched is forgotten once it is gone', async (t) => {
  const root = t.testdir()
  const watcher = new Watcher('linux', () => undefined)
  t.teardown(() => watcher.close())
  // No system watches a name of more than 255 bytes.
  const refused = join(root, 'x'.repeat(300))
  watcher.follow([root], [root, refused], existsSync)
  t.same([...watcher.failures.keys()], [refused])
  watcher.follow([root], [root], existsSync)
  t.same([...watcher.failures.keys()], [], 'doctor has nothing to warn of any more')
  t.same([...watcher.watched.keys()], [root])
})
