// Of every window the freshest word counts, over devices and restarts; once it was reset nobody knows.
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { Observation } from '../../../src/daemon/quotas/observation.ts'
import { kindOf, labelOf } from '../../../src/daemon/quotas/observation.ts'
import { openQuotas } from '../../../src/daemon/quotas/open.ts'
import type { ToldQuotas } from '../../../src/daemon/quotas/quotas.ts'
import { createIncidents } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

async function opened(t: Teardown, home = temporaryFolder(t)) {
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: 'linux' })
  const held = { now: NOW, told: [] as ToldQuotas[], changes: 0, logs: [] as string[] }
  const incidents = createIncidents({
    path: paths.incidents,
    log: createLog('off'),
    now: () => held.now,
    onChanged: () => undefined,
  })
  const quotas = await openQuotas({
    paths,
    incidents,
    logs: () => held.logs.map((path) => ({ path, mtimeMs: statSync(path).mtimeMs })),
    account: () => null,
    deviceName: () => 'desk',
    told: () => held.told,
    onChanged: () => held.changes++,
    now: () => held.now,
  })
  return { home, paths, held, quotas, incidents }
}

const window = (usedPercent: number, more: object = {}) => ({
  windowSeconds: 18_000,
  usedPercent,
  resetAt: new Date(NOW + 3_600_000).toISOString(),
  ...more,
})
const elsewhere = (
  usedPercent: number,
  observedAt: number,
  more: Partial<Observation> = {},
): Observation => ({
  agent: 'claude-code',
  account: null,
  windowSeconds: 18_000,
  usedPercent,
  resetAt: NOW + 3_600_000,
  observedAt,
  ...more,
})

t.test('the freshest word counts, from whatever device', async (t) => {
  const { quotas, held } = await opened(t)
  t.equal(quotas.observe({ agent: 'claude-code', windows: [window(40)] }), 1)
  held.told = [{ device: 'laptop', observations: [elsewhere(35, NOW - 1)] }]
  t.match(quotas.list(), [{ usedPercent: 40, device: 'desk', kind: 'session', label: '5 h' }])
  held.told = [{ device: 'laptop', observations: [elsewhere(45, NOW + 1)] }]
  const found = quotas.list()
  t.match(found, [{ usedPercent: 45, device: 'laptop' }])
  t.equal(found.length, 1, 'they are never summed, nor shown twice')
  held.told = [{ device: 'laptop', observations: [elsewhere(45, NOW, { account: 'cd'.repeat(16) })] }]
  t.equal(quotas.list().length, 2, 'another account has windows of its own')
  t.equal(held.changes, 1)
  t.match(quotas.own(), [{ usedPercent: 40 }], 'what others told is theirs to tell')
})

t.test('a window that was reset since is unknown', async (t) => {
  const { quotas, held } = await opened(t)
  quotas.observe({ agent: 'claude-code', windows: [window(40), { windowSeconds: 604_800, usedPercent: 63 }] })
  held.now += 3_599_999
  t.match(quotas.list(), [{ usedPercent: 40 }, { usedPercent: 63, resetAt: null }])
  held.now += 1
  t.match(quotas.list(), [{ usedPercent: null, resetAt: null }, { usedPercent: 63 }])
  held.now = NOW + 604_800_000
  t.match(
    quotas.list(),
    [{ usedPercent: null }, { usedPercent: null }],
    'one that told no reset is over after its length',
  )
})

t.test('kinds and labels are of the length', async (t) => {
  t.same([18_000, 604_800, 86_400, 3_600, 1_800].map(kindOf), [
    'session',
    'weekly',
    'other',
    'other',
    'other',
  ])
  t.same([18_000, 604_800, 172_800, 86_400, 1_800].map(labelOf), ['5 h', 'week', '2 days', '24 h', '30 min'])
})

t.test('it is kept over a restart, and what cannot be read is put aside', async (t) => {
  const first = await opened(t)
  first.quotas.observe({ agent: 'claude-code', windows: [window(40)] })
  await first.quotas.stop()
  t.equal(statSync(first.paths.quotas).mode & 0o777, 0o600)
  const second = await opened(t, first.home)
  t.match(second.quotas.list(), [{ usedPercent: 40 }])
  writeFileSync(
    first.paths.quotas,
    readFileSync(first.paths.quotas, 'utf8').replace('"usedPercent":40', '"usedPercent":-1'),
  )
  const third = await opened(t, first.home)
  t.strictSame(third.quotas.list(), [])
  t.match(third.incidents.list(), [{ code: 'quotasUnreadable' }])
})

t.test('logs that changed are read, each once', async (t) => {
  const { home, quotas, held } = await opened(t)
  const path = join(home, 'rollout-a.jsonl')
  const write = (used: number, at: string, mtime: number) => {
    const limits = { primary: { used_percent: used, window_minutes: 300, resets_at: NOW / 1000 + 60 } }
    const payload = { type: 'token_count', info: null, rate_limits: limits }
    writeFileSync(path, `${JSON.stringify({ timestamp: at, type: 'event_msg', payload })}\n`)
    utimesSync(path, mtime, mtime)
  }
  write(10, '2026-11-20T11:00:00Z', 1_000)
  held.logs = [path]
  await quotas.look()
  t.match(quotas.list(), [{ agent: 'codex', usedPercent: 10 }])
  write(20, '2026-11-20T11:01:00Z', 1_000)
  await quotas.look()
  t.match(quotas.list(), [{ usedPercent: 10 }], 'it was not written since')
  write(30, '2026-11-20T11:02:00Z', 1_001)
  await quotas.look()
  t.match(quotas.list(), [{ usedPercent: 30 }])
  write(5, '2026-11-20T10:00:00Z', 1_002)
  await quotas.look()
  t.match(quotas.list(), [{ usedPercent: 30 }], 'an older word is not taken')
})
