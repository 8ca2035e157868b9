// The bars of the chart as stretches of local time, where clocks change too.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type Bin, binAt, binsOf, timeOf } from '../../../src/page/usage/bins.ts'
import { row } from './rows.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Australia/Lord_Howe', 'Asia/Kathmandu']
const DAY = 86_400_000

function inZone<T>(zone: string, work: () => T): T {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  try {
    return work()
  } finally {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  }
}

const labels = (bins: readonly Bin[]) => bins.map(({ label }) => label)

t.test('a day has its hours: 23 or 25 where a clock is changed', async (t) => {
  inZone('Europe/Berlin', () => {
    const hours = (at: string) => binsOf('day', Date.parse(at)).bins
    t.equal(hours('2026-11-27T12:00:00Z').length, 24)
    t.equal(hours('2026-03-29T12:00:00Z').length, 23)
    t.equal(hours('2026-10-25T12:00:00Z').length, 25)
    t.same(labels(hours('2026-10-25T12:00:00Z')).slice(0, 5), ['00', '01', '02', '02', '03'])
    t.equal(hours('2026-11-27T12:00:00Z')[23]?.title, '23:00 to 00:00')
  })
})

t.test('a week begins on Monday, a month on its first', async (t) => {
  inZone('UTC', () => {
    // 2026-11-29 is a Sunday.
    const week = binsOf('week', Date.parse('2026-11-29T23:00:00Z'))
    t.same(
      [week.grain, ...labels(week.bins)],
      ['day', 'Mon 23', 'Tue 24', 'Wed 25', 'Thu 26', 'Fri 27', 'Sat 28', 'Sun 29'],
    )
    const month = binsOf('month', Date.parse('2028-02-10T00:00:00Z'))
    t.equal(month.bins.length, 29)
    t.equal(month.bins[28]?.title, 'Tue 29 Feb')
  })
})

t.test('all history: days while they are few, then weeks, then months', async (t) => {
  inZone('Europe/Berlin', () => {
    const now = Date.parse('2026-11-27T12:00:00Z')
    const all = (days: number) => binsOf('all', now, { first: now - days * DAY, last: now })
    t.same([all(0).grain, all(0).bins.length], ['day', 7])
    t.same([all(60).grain, all(60).bins.length], ['day', 61])
    t.same([all(400).grain, all(400).bins.length], ['week', 58])
    t.same([all(1200).grain, all(1200).bins.length], ['month', 40])
    t.equal(all(400).bins[0]?.title, 'week from Mon 20 Oct 2025')
    t.match(labels(all(1200).bins), ['Aug 2023', 'Sep', 'Oct', 'Nov', 'Dec', 'Jan 2024'])
    t.same(binsOf('all', now, null).bins.length, 7, 'nothing yet')
  })
})

t.test('what other devices tell of a time to come is not cut off', async (t) => {
  inZone('UTC', () => {
    const now = Date.parse('2026-11-27T12:00:00Z')
    const { bins } = binsOf('all', now, { first: now - 10 * DAY, last: now + 3 * DAY })
    t.ok(binAt(bins, now + 3 * DAY) >= 0)
  })
})

t.test('rows fall into bars by their hour or their day here', async (t) => {
  inZone('America/Los_Angeles', () => {
    t.equal(timeOf(row({ hour: '2026-11-26T14:00:00-08:00' })), Date.parse('2026-11-26T22:00:00Z'))
    t.equal(timeOf(row({ day: '2026-11-26' })), Date.parse('2026-11-26T08:00:00Z'))
    t.ok(Number.isNaN(timeOf(row({}))))
    t.ok(Number.isNaN(timeOf(row({ day: 'yesterday' }))))
  })
  t.equal(binAt([], 5), -1)
  t.equal(binAt(binsOf('day', 0).bins, Number.NaN), -1)
})

t.test('bars follow each other without a gap, whatever the zone and the day', async () => {
  const ranges = fc.constantFrom('day', 'week', 'month', 'all' as const)
  const zones = fc.constantFrom(...ZONES)
  const times = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) })
  fc.assert(
    fc.property(zones, ranges, times, fc.integer({ min: 0, max: 4_000 }), (zone, range, now, days) =>
      inZone(zone, () => {
        const { bins } = binsOf(range, now, { first: now - days * DAY, last: now })
        for (const [at, bin] of bins.entries()) {
          assert.ok(bin.start < bin.end)
          if (at > 0) assert.equal(bin.start, bins[at - 1]!.end)
        }
        assert.ok(binAt(bins, now) >= 0, 'now is in one of them')
        assert.ok(binAt(bins, now - 1 - (now - bins[0]!.start)) === -1, 'what is before is in none')
        if (range === 'all') assert.ok(binAt(bins, now - days * DAY) >= 0)
      }),
    ),
    { numRuns: 300 },
  )
})
