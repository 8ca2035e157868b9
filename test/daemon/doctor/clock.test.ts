// This machine's clock: right, behind, set while the daemon runs, and asleep, which is none of these.
import t from 'tap'
import { checkClock } from '../../../src/daemon/doctor/clock.ts'

const NOW = Date.UTC(2026, 10, 28, 12)
const HOUR = 3_600_000
const facts = {
  now: NOW,
  startedAt: NOW - HOUR,
  elapsed: HOUR,
  isSleepCounted: true,
  newest: { path: '/state/audit.jsonl', at: NOW - 1_000 },
}

t.test('right', async (t) => {
  t.match(checkClock(facts), [{ level: 'ok', code: 'clock', says: '2026-11-28T12:00:00.000Z' }])
  t.match(checkClock({ ...facts, newest: null }), [{ level: 'ok' }])
  t.match(checkClock({ ...facts, elapsed: HOUR - 20_000 }), [{ level: 'ok' }], 'a small step')
})

t.test('behind', async (t) => {
  const newest = { path: '/state/audit.jsonl', at: NOW + HOUR }
  t.match(checkClock({ ...facts, newest }), [
    {
      level: 'warning',
      code: 'clockBehind',
      says: /audit\.jsonl was written at 2026-11-28T13/,
      next: /timedatectl/,
    },
  ])
  const early = Date.UTC(1970, 0, 2)
  t.match(checkClock({ ...facts, now: early, startedAt: early - HOUR }), [
    { level: 'broken', code: 'clockBehind', says: /^it says 1970-01-02/, next: /timedatectl/ },
  ])
})

t.test('set while it ran', async (t) => {
  t.match(checkClock({ ...facts, elapsed: 2 * HOUR }), [
    { level: 'warning', code: 'clockSet', says: 'it was set back by 60 min since tallyd started' },
  ])
  t.match(checkClock({ ...facts, elapsed: 0 }), [
    { level: 'warning', code: 'clockSet', says: 'it was set ahead by 60 min since tallyd started' },
  ])
})

t.test('where the steady clock stops in sleep, only a step back is told', async (t) => {
  const asleep = { ...facts, isSleepCounted: false }
  t.match(checkClock({ ...asleep, elapsed: 60_000 }), [{ level: 'ok' }])
  t.match(checkClock({ ...asleep, elapsed: 2 * HOUR }), [{ code: 'clockSet', says: /set back/ }])
})
