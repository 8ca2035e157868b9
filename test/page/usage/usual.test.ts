// A usual day, and the words of the usage tab.
import t from 'tap'
import { FEWEST_DAYS, median, usualDay } from '../../../src/page/usage/usual.ts'
import { seen } from '../../../src/page/words/devices-seen.ts'
import { axisPer, inMeasure, onAxis, percent, whole } from '../../../src/page/words/usage.ts'
import { row } from './rows.ts'

process.env['TZ'] = 'UTC'
const NOON = Date.parse('2026-11-27T12:00:00Z')
const at = (date: string, hour: string, costUSD: number | null, calls = 1) =>
  row({ hour: `${date}T${hour}:00:00Z`, costUSD, calls })

t.test('the median of the days with use; by now counts what was spent by this time', async (t) => {
  const rows = [
    at('2026-11-20', '09', 4),
    at('2026-11-20', '15', 6),
    at('2026-11-21', '09', 1),
    at('2026-11-22', '11', 2),
    at('2026-11-22', '12', 100),
    at('2026-11-23', '08', 0, 0),
  ]
  t.same(usualDay(rows, 'spend', NOON), { days: 3, whole: 10, byNow: 2 })
  const half = usualDay(rows, 'spend', NOON + 30 * 60_000)
  t.equal(half?.byNow, 4, 'of the hour that runs half has passed')
  t.equal(usualDay(rows, 'spend', NOON - 12 * 3_600_000)?.byNow, 0)
  t.equal(usualDay(rows, 'tokens', NOON)?.whole, 2_000)
})

t.test('few days are no habit; days without a price are days', async (t) => {
  t.equal(usualDay([], 'spend', NOON), null)
  const days = ['2026-11-20', '2026-11-21', '2026-11-22']
  t.equal(
    usualDay(
      days.slice(1).map((day) => at(day, '09', 1)),
      'spend',
      NOON,
    ),
    null,
  )
  t.equal(FEWEST_DAYS, days.length)
  t.same(
    usualDay(
      days.map((day) => at(day, '09', null)),
      'spend',
      NOON,
    ),
    { days: 3, whole: 0, byNow: 0 },
  )
  t.equal(usualDay([row({ hour: 'nonsense' }), row({})], 'spend', NOON), null)
})

t.test('the hour is that of the asker, as it is printed', async (t) => {
  const rows = ['2026-11-20', '2026-11-21', '2026-11-22'].map((day) =>
    row({ hour: `${day}T11:00:00+09:00`, costUSD: 3 }),
  )
  t.equal(usualDay(rows, 'spend', NOON)?.byNow, 3)
})

t.test('the middle, or half way between the middle two', async (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  t.ok(Number.isNaN(median([])))
})

t.test('devices: what is missing, in words', async (t) => {
  const device = { self: false, freshness: 'cached' as const, state: 'paired' as const }
  const ago = (ms: number) => new Date(NOON - ms).toISOString()
  const says = (asOf: string | null) => seen({ ...device, asOf }, NOON).says
  t.equal(says(ago(2 * 3_600_000)), '2 h ago: its last 2 hours are missing')
  t.equal(says(ago(60_000)), '60 s ago: its last minute is missing')
  t.equal(says(ago(20_000)), '20 s ago: its last seconds are missing')
  t.equal(says(ago(5 * 86_400_000)), '2026-11-22: its last 5 days are missing')
  t.equal(says(null), 'never seen: what it spent is missing')
  t.same(seen({ ...device, freshness: 'live', asOf: null }, NOON), { says: 'live', isBehind: false })
  t.same(seen({ ...device, self: true, asOf: null }, NOON), { says: 'this device', isBehind: false })
  t.same(seen({ ...device, state: 'unpaired', asOf: ago(7_200_000) }, NOON), {
    says: 'unpaired, last seen 2 h ago',
    isBehind: false,
  })
})

t.test('figures', async (t) => {
  t.same([0, 999, 1_000, 1_234_567].map(whole), ['0', '999', '1,000', '1,234,567'])
  t.same([null, 0, 0.0004, 0.942, 0.9999, 1].map(percent), [
    '–',
    '0.0 %',
    '<0.1 %',
    '94.2 %',
    '>99.9 %',
    '100.0 %',
  ])
  t.same(
    [
      onAxis(0, 0.5, 'spend', undefined),
      onAxis(2.5, 2.5, 'spend', undefined),
      onAxis(40, 20, 'spend', undefined),
      onAxis(12_000, 4_000, 'spend', undefined),
    ],
    ['$0', '$2.50', '$40', '$12.0k'],
  )
  t.equal(onAxis(4_000_000, 1_000_000, 'tokens', undefined), '4.0M')
})

t.test('money is shown in the currency of the config, and its axis has round steps of that', async (t) => {
  const display = { currency: 'CHF', perUSD: 0.8 }
  t.equal(inMeasure(10, 'spend', display), 'CHF 8.00')
  t.equal(inMeasure(10, 'tokens', display), '10')
  t.same(
    [0, 2.5, 40].map((value) => onAxis(value, 20, 'spend', display)),
    ['CHF 0', 'CHF 3', 'CHF 40'],
  )
  t.equal(axisPer('spend', display), 0.8)
  t.equal(axisPer('tokens', display), 1)
  t.equal(axisPer('spend', { currency: 'no', perUSD: -1 }), 1, 'what is no currency is dollars')
})
