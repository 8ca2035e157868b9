// A snapshot is made anew when something changed, or when time alone changed it; its tag tells what it means, not when it was made.
import t from 'tap'
import type { SnapshotFacts } from '../../../src/daemon/views/snapshot.ts'
import { Snapshots } from '../../../src/daemon/views/snapshots.ts'
import { FACTS } from './snapshot-made.ts'

const NOON = Date.parse('2026-11-20T12:00:00Z')

function made() {
  const held = { now: NOON, facts: FACTS as SnapshotFacts, turnsAt: NOON + 12 * 3_600_000, gathered: 0 }
  const snapshots = new Snapshots(
    () => {
      held.gathered++
      return { facts: held.facts, turnsAt: held.turnsAt }
    },
    () => held.now,
  )
  return { held, snapshots }
}

t.test('the tag stays while nothing but the time changes', async (t) => {
  const { held, snapshots } = made()
  const first = snapshots.text('redacted', 'full')
  const before = JSON.parse(first.text())
  held.now += 60_000
  const later = snapshots.text('redacted', 'full')
  t.equal(later.etag, first.etag)
  t.match(first.etag, /^W\/"[\w-]{22}"$/)
  const after = JSON.parse(later.text())
  t.equal(after.generatedAt, '2026-11-20T12:01:00.000Z', 'an answer says when it was made')
  t.strictSame({ ...after, generatedAt: before.generatedAt }, before)
})

t.test('it changes with what it means, at once when that is said', async (t) => {
  const { held, snapshots } = made()
  const { etag } = snapshots.text('none', 'full')
  held.facts = { ...FACTS, sessions: { startedToday: 10, active: 2 } }
  t.equal(snapshots.text('none', 'full').etag, etag, 'nothing was said')
  snapshots.changed()
  t.not(snapshots.text('none', 'full').etag, etag)
})

t.test(
  'without news it is made anew after 15 s, when a day or a window ends, and when the clock was set back',
  async (t) => {
    const { held, snapshots } = made()
    snapshots.text('none', 'full')
    snapshots.value('full', 'full')
    t.equal(held.gathered, 1, 'all modes and views are of one gathering')
    held.now += 14_999
    snapshots.text('none', 'mini')
    t.equal(held.gathered, 1)
    held.now += 1
    snapshots.text('none', 'mini')
    t.equal(held.gathered, 2)
    held.turnsAt = held.now + 1_000
    snapshots.changed()
    snapshots.text('none', 'mini')
    held.now += 1_000
    held.turnsAt += 60_000
    snapshots.text('none', 'mini')
    t.equal(held.gathered, 4)
    held.now -= 3_600_000
    snapshots.text('none', 'mini')
    t.equal(held.gathered, 5)
  },
)

t.test('who asks again sooner gets the turn of the day in time', async (t) => {
  const { held, snapshots } = made()
  const next = () => (snapshots.value('none', 'full') as { nextPollSeconds: number }).nextPollSeconds
  t.equal(next(), 60)
  held.turnsAt = NOON + 20_500
  snapshots.changed()
  t.equal(next(), 22)
  held.turnsAt = NOON + 100
  snapshots.changed()
  t.equal(next(), 5, 'nobody is told to hurry more')
})

t.test('text and value are the same answer', async (t) => {
  const { snapshots } = made()
  for (const view of ['full', 'mini'] as const) {
    t.strictSame(JSON.parse(snapshots.text('full', view).text()), snapshots.value('full', view))
  }
  t.not(snapshots.text('full', 'full').etag, snapshots.text('none', 'full').etag)
})
