// What a snapshot is gathered from: the same sums as everywhere else, who is listed, and what does not make it another one.
import t from 'tap'
import type { Quota } from '../../../src/contract/quotas.ts'
import type { Snapshot } from '../../../src/contract/snapshot.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import { QUARTER_MS } from '../../../src/daemon/tallies/quarters.ts'
import { createViews } from '../../../src/daemon/views/views.ts'
import { deviceFacts, SELF } from '../../harness/device-facts.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'
import { totalsOf } from '../devices/made-totals.ts'
import { WINDOW } from './snapshot-made.ts'

const NOON = Date.parse('2026-11-20T12:00:00Z')

/** Away for an hour. */
const away = (name: string, more: Partial<DeviceFacts> = {}) =>
  deviceFacts(name, { freshness: 'cached', asOf: '2026-11-20T11:00:00.000Z', ...more })

const call = (agent: string, model: string, at = NOON) => ({
  quarter: Math.floor(at / QUARTER_MS),
  agent,
  model,
  activity: 0,
  band: 0,
  calls: 2,
})

function viewsOf(world: {
  now: number
  devices: readonly DeviceFacts[]
  told: Readonly<Record<string, Parameters<typeof totalsOf>[0]>>
  quotas?: readonly Quota[]
}) {
  return createViews({
    config: {},
    snapshot: {
      ...NO_SNAPSHOT,
      quotas: () => world.quotas ?? [],
      activity: () => ({
        activeSessions: 1,
        newestAt: new Map([['codex', NOON - 1_000]]),
        unreadable: new Set(['claude-code']),
      }),
    },
    now: () => world.now,
    devices: () => world.devices,
    shares: () =>
      world.devices.flatMap((device) => {
        const buckets = world.told[device.name]
        return buckets === undefined ? [] : [{ device, totals: totalsOf(buckets) }]
      }),
  })
}

t.test('the sums of all devices, the agents that were ever used, and what is known of each', async (t) => {
  const views = viewsOf({
    now: NOON,
    devices: [SELF, away('laptop')],
    told: {
      desk: [call('codex', 'gpt-5.5'), call('codex', 'local', NOON - 40 * 86_400_000)],
      laptop: [call('claude-code', 'claude-opus-4-8')],
    },
  })
  const snapshot = views.snapshots.value('full', 'full') as Snapshot
  const today = views.summary({ range: 'today' })
  t.equal(snapshot.totals.today.costUSD, today.total.costUSD)
  t.equal(snapshot.totals.today.calls, 4)
  t.equal(snapshot.totals.last30Days.calls, 4)
  t.equal(snapshot.totals.all.calls, 6)
  t.ok(snapshot.totals.all.unpricedTokens > 0)
  t.equal(snapshot.totals.today.unpricedTokens, 0)
  t.match(snapshot.providers, [
    { id: 'claude', updatedAt: null, error: 'some logs cannot be read' },
    { id: 'codex', updatedAt: new Date(NOON - 1_000).toISOString(), error: null },
  ])
  const costs = snapshot.providers.map(({ cost }) => cost.todayUSD ?? 0)
  t.ok(Math.abs(costs.reduce((a, b) => a + b, 0) - (today.total.costUSD ?? 0)) < 1e-9)
  const byDevice = snapshot.devices.map(({ todayUSD }) => todayUSD ?? 0)
  t.ok(Math.abs(byDevice.reduce((a, b) => a + b, 0) - (today.total.costUSD ?? 0)) < 1e-9)
  t.equal(snapshot.sessions.active, 1)
})

t.test('who is not paired any more is not listed, nor are devices and agents without end', async (t) => {
  const many = Array.from({ length: 150 }, (_, at) => away(`d${at}`))
  const agents = Array.from({ length: 40 }, (_, at) => call(`agent-${at}`, 'm'))
  const devices = [SELF, away('old', { state: 'unpaired' }), away('bad', { state: 'blocked' }), ...many]
  const { devices: shown, providers } = viewsOf({
    now: NOON,
    devices,
    told: { desk: agents },
  }).snapshots.value('full', 'full') as Snapshot
  t.equal(shown.length, 100)
  t.notOk(shown.some(({ name }) => name === 'old' || name === 'bad'))
  t.equal(providers.length, 16)
})

t.test('a live device that says again that nothing changed makes no other snapshot', async (t) => {
  const world = {
    now: NOON,
    devices: [SELF, away('laptop', { freshness: 'live' })],
    told: { desk: [call('codex', 'gpt-5.5')] },
  }
  const views = viewsOf(world)
  const { etag } = views.snapshots.text('full', 'full')
  world.now += 60_000
  world.devices = [SELF, away('laptop', { freshness: 'live', asOf: '2026-11-20T12:01:00.000Z' })]
  t.equal(views.snapshots.text('full', 'full').etag, etag)
  world.devices = [SELF, away('laptop', { asOf: '2026-11-20T12:01:00.000Z' })]
  world.now += 60_000
  t.not(views.snapshots.text('full', 'full').etag, etag, 'once it is gone, that is')
})

t.test('the end of a window is a turn, also where its reset was not told', async (t) => {
  const observedAt = new Date(NOON - 18_000_000 + 20_000).toISOString()
  const quotas = [{ ...WINDOW, resetAt: null, observedAt }]
  const world = { now: NOON, devices: [SELF], told: { desk: [] }, quotas }
  const { nextPollSeconds } = viewsOf(world).snapshots.value('none', 'full') as Snapshot
  t.equal(nextPollSeconds, 21)
})
