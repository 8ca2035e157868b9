// Of every window the freshest word counts, over devices and restarts; once it was reset nobody knows.
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pathsOf } from '../../../src/contract/paths.ts'
import type { WireQuota } from '../../../src/contract/wire.ts'
import { kindOf, labelOf } from '../../../src/daemon/quotas/observation.ts'
import { openQuotas } from '../../../src/daemon/quotas/open.ts'
import type { ToldQuotas } from '../../../src/daemon/quotas/quotas.ts'
import { createIncidents } from '../../../src/daemon/store/incidents.ts'
import { createLog } from '../../../src/daemon/store/log.ts'
import { type Teardown, temporaryFolder } from '../../harness/daemon.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

async function opened(t: Teardown, home = temporaryFolder(t), isAccountRead = true) {
  const paths = pathsOf({ env: { TALLYD_HOME: home }, home, platform: 'linux' })
  const held = {
    now: NOW,
    account: null as string | null,
    told: [] as ToldQuotas[],
    changes: 0,
    logs: [] as string[],
  }
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
    account: () => held.account,
    isAccountRead,
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
const elsewhere = (used: number, observedAt: number, account: string | null = null): ToldQuotas => {
  const quota: WireQuota = ['claude-code', account, 18_000, used, NOW / 1000 + 3_600, observedAt / 1000]
  return { device: 'laptop', asOf: NOW + 5_000, quotas: [quota] }
}

t.test('the freshest word counts, from whatever device', async (t) => {
  const { quotas, held } = await opened(t)
  t.equal(quotas.observe({ agent: 'claude-code', windows: [window(40)] }), 1)
  held.told = [elsewhere(35, NOW - 1_000)]
  t.match(quotas.list(), [{ usedPercent: 40, device: 'desk', kind: 'session', label: '5 h' }])
  held.told = [elsewhere(45, NOW + 1_000)]
  const found = quotas.list()
  t.match(found, [{ usedPercent: 45, device: 'laptop' }])
  t.equal(found.length, 1, 'they are never summed, nor shown twice')
  held.told = [elsewhere(45, NOW + 1_000, 'cd'.repeat(16))]
  t.equal(quotas.list().length, 1, 'whose the other one is was not known: it is the same')
  held.told = [elsewhere(45, NOW, 'cd'.repeat(16)), elsewhere(46, NOW, 'ef'.repeat(16))]
  t.equal(quotas.list().length, 3, 'of two accounts each has windows of its own')
  t.equal(held.changes, 1)
  t.strictSame(
    quotas.told(),
    [['claude-code', null, 18_000, 40, NOW / 1000 + 3_600, NOW / 1000]],
    'what others told is theirs to tell',
  )
})

t.test('a window that was reset since is unknown', async (t) => {
  const { quotas, held } = await opened(t)
  quotas.observe({ agent: 'claude-code', windows: [window(40), { windowSeconds: 604_800, usedPercent: 63 }] })
  held.now += 3_599_999
  t.match(quotas.list(), [{ usedPercent: 40 }, { usedPercent: 63, resetAt: null }])
  held.now += 1
  t.match(quotas.list(), [{ usedPercent: null, resetAt: null }, { usedPercent: 63 }])
  held.now = NOW + 604_800_000
  const over = quotas.list()
  t.match(over, [{ label: 'week', usedPercent: null }], 'one that told no reset is over after its length')
  t.equal(over.length, 1, 'of the shorter one nobody wants to know any more')
  held.now = NOW + 2 * 604_800_000
  t.strictSame(quotas.list(), [], 'nor of this one, after as long again')
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

t.test('a device whose clock is ahead is not believed to have seen more than it told', async (t) => {
  const { quotas, held } = await opened(t)
  held.told = [elsewhere(99, NOW + 3_000_000)]
  t.match(quotas.list(), [{ usedPercent: 99, observedAt: new Date(NOW + 5_000).toISOString() }])
  held.now = NOW + 6_000
  quotas.observe({ agent: 'claude-code', windows: [window(41)] })
  t.match(quotas.list(), [{ usedPercent: 41 }])
})

t.test('a window that was told as 299 and as 300 minutes is one', async (t) => {
  const { quotas, held } = await opened(t)
  quotas.observe({ agent: 'claude-code', windows: [window(12, { windowSeconds: 299 * 60 })] })
  held.now += 1_000
  quotas.observe({ agent: 'claude-code', windows: [window(80)] })
  t.match(quotas.list(), [{ usedPercent: 80 }])
  t.equal(quotas.list().length, 1)
})

t.test('an idle session that tells what it heard long ago takes nothing back until the reset', async (t) => {
  const { quotas, held } = await opened(t)
  quotas.observe({ agent: 'claude-code', windows: [window(63)] })
  held.now += 1_000
  quotas.observe({ agent: 'claude-code', windows: [window(20)] })
  t.match(quotas.list(), [{ usedPercent: 63 }])
  held.now += 3_600_000
  quotas.observe({
    agent: 'claude-code',
    windows: [window(2, { resetAt: new Date(held.now + 18_000_000).toISOString() })],
  })
  t.match(quotas.list(), [{ usedPercent: 2 }])
})

t.test(
  'whose it was is forgotten once that is not to be read, and old logs are not another one’s',
  async (t) => {
    const first = await opened(t)
    const path = join(first.home, 'rollout-a.jsonl')
    const limits = { primary: { used_percent: 29, window_minutes: 300, resets_at: NOW / 1000 + 60 } }
    const payload = { type: 'token_count', info: null, rate_limits: limits }
    writeFileSync(
      path,
      `${JSON.stringify({ timestamp: '2026-11-20T11:00:00Z', type: 'event_msg', payload })}\n`,
    )
    utimesSync(path, NOW / 1000 - 3_600, NOW / 1000 - 3_600)
    const look = async (isAccountRead: boolean, account: string | null) => {
      const { quotas, held } = await opened(t, first.home, isAccountRead)
      held.account = account
      held.logs = [path]
      await quotas.look()
      const list = quotas.list().map(({ usedPercent, account: whose }) => [usedPercent, whose])
      quotas.observe({ agent: 'claude-code', windows: [window(1)] })
      await quotas.stop()
      return list
    }
    const [ann, ben] = ['ab'.repeat(16), 'cd'.repeat(16)]
    t.strictSame(await look(true, ann), [[29, ann]])
    t.strictSame(await look(false, null), [
      [1, null],
      [29, null],
    ])
    t.notMatch(readFileSync(first.paths.quotas, 'utf8'), ann)
    await look(true, ben)
    const after = await opened(t, first.home)
    t.strictSame(
      after.quotas
        .list()
        .filter(({ agent }) => agent === 'codex')
        .map(({ account }) => account),
      [null],
      'who signed in since has not used it',
    )
  },
)

t.test('what a clock that was ahead left behind does not stay', async (t) => {
  const first = await opened(t)
  first.held.now = NOW + 3 * 86_400_000
  first.quotas.observe({ agent: 'claude-code', windows: [{ windowSeconds: 604_800, usedPercent: 5 }] })
  first.held.now = NOW
  first.quotas.observe({ agent: 'claude-code', windows: [{ windowSeconds: 604_800, usedPercent: 88 }] })
  t.match(first.quotas.list(), [{ usedPercent: 88 }], 'while it runs')
  first.held.now = NOW + 3 * 86_400_000
  first.quotas.observe({ agent: 'claude-code', windows: [{ windowSeconds: 18_000, usedPercent: 6 }] })
  await first.quotas.stop()
  const second = await opened(t, first.home)
  t.match(second.quotas.list(), [{ usedPercent: 88 }], 'and after a restart, with nothing else lost')
  t.strictSame(second.incidents.list(), [])
})
