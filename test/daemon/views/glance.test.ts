// What a status bar shows, from made totals: the same sums as everywhere else, the day by the hour, midnight, and nothing secret.
import t from 'tap'
import { Value } from 'typebox/value'
import { Glance } from '../../../src/contract/glance.ts'
import type { Quota } from '../../../src/contract/quotas.ts'
import type { Request } from '../../../src/contract/requests.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import { QUARTER_MS } from '../../../src/daemon/tallies/quarters.ts'
import { createViews } from '../../../src/daemon/views/views.ts'
import { localTime, zoneOf } from '../../../src/daemon/views/zone.ts'
import { deviceFacts, SELF } from '../../harness/device-facts.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'
import { FIRST_QUARTER, noTotals, totalsOf } from '../devices/made-totals.ts'
import { WINDOW } from './snapshot-made.ts'

const DAY_MS = 86_400_000
/** Three in the afternoon of a day in March, in UTC. */
const THEN = Math.floor((FIRST_QUARTER * QUARTER_MS) / DAY_MS) * DAY_MS + DAY_MS + 15 * 3_600_000
const DAY = new Date(THEN).toISOString().slice(0, 10)

const call = (ms: number, calls = 1, model = 'gpt-5.5') => ({
  quarter: Math.floor(ms / QUARTER_MS),
  agent: 'codex',
  model,
  activity: 0,
  band: 0,
  calls,
  input: 1_000_000,
})

interface World {
  now: number
  readonly devices: readonly DeviceFacts[]
  readonly quotas?: readonly Quota[]
  readonly told: Readonly<Record<string, Parameters<typeof totalsOf>[0]>>
}

function viewsOf(world: World) {
  return createViews({
    config: {},
    snapshot: { ...NO_SNAPSHOT, quotas: () => world.quotas ?? [] },
    now: () => world.now,
    devices: () => world.devices,
    shares: () =>
      world.devices.flatMap((device) => {
        const buckets = world.told[device.name]
        return buckets === undefined
          ? []
          : [{ device, totals: buckets.length === 0 ? noTotals() : totalsOf(buckets) }]
      }),
  })
}

const NOTHING = { ready: true, requests: [] }

t.test('the same sums as usage.summary and devices.list', async (t) => {
  const laptop = deviceFacts('laptop', {
    freshness: 'cached',
    asOf: new Date(THEN - 90 * 60_000).toISOString(),
  })
  const studio = deviceFacts('studio', { asOf: new Date(THEN).toISOString() })
  const views = viewsOf({
    now: THEN,
    devices: [SELF, laptop, studio, deviceFacts('old', { state: 'unpaired' })],
    told: {
      desk: [call(THEN - 2 * 3_600_000, 2), call(THEN - 3 * DAY_MS, 5, 'nobody-knows')],
      laptop: [call(THEN - 13 * 3_600_000, 3), call(THEN - 40 * DAY_MS, 7)],
      old: [call(THEN - 2 * 3_600_000, 1)],
    },
  })
  const glance = views.glance('UTC', NOTHING)
  t.same([...Value.Errors(Glance, glance)], [])
  const list = views.devices('UTC')
  t.same([glance.today, glance.month, glance.all], [list.total.today, list.total.month, list.total.all])
  t.equal(glance.today.costUSD, views.summary({ timeZone: 'UTC' }).total.costUSD)
  t.match(glance, { day: DAY, timeZone: 'UTC', ready: true, unpriced: 1, waiting: [] })
  t.equal(Date.parse(glance.until), Math.floor(THEN / DAY_MS) * DAY_MS + DAY_MS)
  t.same(
    glance.devices.map(({ name, self, freshness, asOf, today }) => [
      name,
      self,
      freshness,
      asOf,
      today.calls,
    ]),
    [
      ['desk', true, 'live', null, 2],
      ['laptop', false, 'cached', `${DAY}T13:30:00Z`, 3],
      ['studio', false, 'live', null, 0],
    ],
    'those that are paired; the moment only where it is not now',
  )
  t.equal(glance.hours.length, 14, 'up to the last hour with a call')
  t.same(
    glance.hours.map((cost) => cost > 0),
    Array.from({ length: 14 }, (_, hour) => hour === 2 || hour === 13),
  )
  t.ok(Math.abs(glance.hours.reduce((a, b) => a + b, 0) - (glance.today.costUSD ?? 0)) < 1e-6)
  t.same(glance.windows, [])
  t.notOk('budgets' in glance, 'what nobody set is absent')
})

t.test('the very same text as long as nothing changes, and another day at midnight', async (t) => {
  const world: World = { now: THEN, devices: [SELF], told: { desk: [call(THEN, 4)] } }
  const views = viewsOf(world)
  const before = JSON.stringify(views.glance('UTC', NOTHING))
  world.now += 8 * 3_600_000
  t.equal(JSON.stringify(views.glance('UTC', NOTHING)), before, 'time alone changes nothing')
  world.now = Date.parse(views.glance('UTC', NOTHING).until)
  const after = views.glance('UTC', NOTHING)
  t.match(after, { today: { calls: 0, tokens: 0, costUSD: 0 }, hours: [], all: { calls: 4 } })
  t.not(after.day, DAY)
  world.now = THEN + 10 * 3_600_000
  t.match(views.glance('America/Los_Angeles', NOTHING), { day: DAY, today: { calls: 4 } }, "the asker's day")
})

t.test('a day of 25 hours', async (t) => {
  // Clocks in Berlin went back at 01:00 UTC.
  const start = Date.parse('2026-10-24T22:00:00Z')
  const hours = Array.from({ length: 25 }, (_, hour) => call(start + hour * 3_600_000))
  const world: World = { now: start + 24.5 * 3_600_000, devices: [SELF], told: { desk: hours } }
  const glance = viewsOf(world).glance('Europe/Berlin', NOTHING)
  t.equal(glance.day, '2026-10-25')
  t.equal(glance.until, '2026-10-26T00:00:00+01:00')
  t.equal(glance.hours.length, 25)
  t.ok(
    glance.hours.every((cost) => cost > 0),
    'the hour that is repeated is two',
  )
})

t.test('what waits, without any code', async (t) => {
  const world: World = { now: THEN, devices: [SELF], told: { desk: [] } }
  const base = { openedAt: DAY, expiresAt: DAY }
  const from = { id: 'a'.repeat(64), name: 'lap\u202etop\n', address: '192.168.1.31' }
  const pairing = { ...base, kind: 'pairing', digits: '482913', from, direction: 'mutual' } as const
  const requests: Request[] = [
    { ...pairing, id: '1', ours: false },
    { ...pairing, id: '2', ours: true },
    { ...pairing, id: '3', ours: false, from: { ...from, name: '\u200b' } },
    {
      ...base,
      id: '4',
      kind: 'enrolment',
      from: { ...from, name: 'kitchen display' },
      clientId: 'display',
      scopes: ['dashboard:read'],
      claimedBy: null,
      takeover: false,
    },
  ]
  const glance = viewsOf(world).glance('UTC', { ready: false, requests })
  t.same([...Value.Errors(Glance, glance)], [])
  t.same(glance.waiting, [
    { id: '1', kind: 'pairing', says: 'laptop wants to pair' },
    { id: '2', kind: 'pairing', says: 'compare the number with laptop' },
    { id: '3', kind: 'pairing', says: 'somebody at 192.168.1.31 wants to pair' },
    { id: '4', kind: 'enrolment', says: 'claims to be kitchen display, wants dashboard:read' },
  ])
  t.notMatch(JSON.stringify(glance), /482913|aaaaaaaa/)
  t.equal(glance.ready, false)
})

t.test('limits and budgets are shown where somebody observes them', async (t) => {
  const quotas = [{ ...WINDOW, agent: 'codex', usedPercent: 41, resetAt: null }]
  const world: World = { now: THEN, devices: [SELF], quotas, told: { desk: [] } }
  const budgets = [{ period: 'month', limitUSD: 400, spentUSD: 500, state: 'over' as const }]
  const glance = viewsOf(world).glance('UTC', { ...NOTHING, budgets })
  t.same([...Value.Errors(Glance, glance)], [])
  t.match(glance, { windows: [{ agent: 'codex', label: '5 h', usedPercent: 41, resetAt: null }], budgets })
  t.notMatch(JSON.stringify(glance), WINDOW.account, 'not whose account it is')
})

t.test('a moment as clocks show it', async (t) => {
  t.equal(localTime('2026-07-01T12:34:56.789Z', zoneOf('Europe/Berlin')), '2026-07-01T14:34:56+02:00')
  t.equal(localTime('2026-01-01T00:10:00Z', zoneOf('America/St_Johns')), '2025-12-31T20:40:00-03:30')
  t.equal(localTime('2026-01-01T00:10:00+05:45', zoneOf('UTC')), '2025-12-31T18:25:00Z')
  t.equal(localTime('soon', zoneOf('UTC')), 'soon')
})
