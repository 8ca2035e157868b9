// A device that is away: its last numbers stay in every total, with their age, and what was its today is nobody's tomorrow.

import t from 'tap'
import { QUARTER_MS } from '../../../src/daemon/tallies/quarters.ts'
import { createViews } from '../../../src/daemon/views/views.ts'
import { deviceFacts, SELF } from '../../harness/device-facts.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'
import { FIRST_QUARTER, noTotals, totalsOf } from '../devices/made-totals.ts'

const DAY_MS = 86_400_000
/** An afternoon in March. */
const THEN = FIRST_QUARTER * QUARTER_MS + DAY_MS + 15 * 3_600_000
const ASKED_AT = new Date(THEN).toISOString()

t.test('the last numbers of a device stay, with their age; its today is empty tomorrow', async (t) => {
  let now = THEN
  const away = deviceFacts('laptop', { freshness: 'cached', asOf: ASKED_AT })
  const bucket = {
    quarter: THEN / QUARTER_MS,
    agent: 'codex',
    model: 'gpt-5.5',
    activity: 0,
    band: 0,
    calls: 7,
  }
  const views = createViews({
    config: {},
    now: () => now,
    snapshot: NO_SNAPSHOT,
    devices: () => [SELF, away],
    shares: () => [
      { device: SELF, totals: noTotals() },
      { device: away, totals: totalsOf([bucket]) },
    ],
  })
  const laptop = () => views.devices('UTC').devices.find(({ name }) => name === 'laptop')
  t.match(laptop(), { freshness: 'cached', asOf: ASKED_AT, today: { calls: 7 }, all: { calls: 7 } })
  t.equal(views.summary({ timeZone: 'UTC' }).total.calls, 7)

  now += DAY_MS
  t.match(laptop(), { freshness: 'cached', asOf: ASKED_AT, today: { calls: 0, tokens: 0, costUSD: 0 } })
  t.match(laptop(), { month: { calls: 7 }, all: { calls: 7 } })
  const today = views.summary({ timeZone: 'UTC' })
  t.equal(today.total.calls, 0)
  t.match(today.devices.at(-1), { name: 'laptop', freshness: 'cached', asOf: ASKED_AT })
  t.equal(views.summary({ timeZone: 'UTC', range: 'all' }).total.calls, 7)
  // The asker's today: in Los Angeles it is still the day before for some hours after midnight in UTC.
  now = THEN + 10 * 3_600_000
  t.equal(views.summary({ timeZone: 'UTC' }).total.calls, 0)
  t.equal(views.summary({ timeZone: 'America/Los_Angeles' }).total.calls, 7)
})
