// The config's currency stands beside the figures that people are shown; the figures stay in US dollars.
import t from 'tap'
import type { Config } from '../../../src/contract/config.ts'
import type { Snapshot } from '../../../src/contract/snapshot.ts'
import { createViews } from '../../../src/daemon/views/views.ts'
import { NO_SNAPSHOT } from '../../harness/no-snapshot.ts'

const money = { currency: 'EUR', perUSD: 0.92 }

function shown(config: Config) {
  const views = createViews({
    config,
    now: Date.now,
    snapshot: NO_SNAPSHOT,
    devices: () => [],
    shares: () => [],
  })
  const budgets = { ...config, budgets: { daily: 10 } }
  const withBudget = createViews({
    ...{ config: budgets, now: Date.now, snapshot: NO_SNAPSHOT },
    devices: () => [],
    shares: () => [],
  })
  const glance = views.glance('UTC', { ready: true, requests: [] })
  const snapshot = views.snapshots.value('none', 'full') as Snapshot
  const answers = [
    views.summary({}),
    views.devices('UTC'),
    views.plans(),
    views.budgets(),
    withBudget.budgets(),
  ]
  return [...answers, glance, snapshot]
}

t.test('where there is one', async (t) => {
  for (const value of shown({ money })) t.strictSame(value.display, money)
  const [budget] = shown({ money }).flatMap((value) => ('missing' in value ? value.budgets : []))
  t.equal(budget?.limitUSD, 10)
})

t.test('and nothing where there is none', async (t) => {
  for (const value of shown({})) t.notOk('display' in value)
})
