// From what was asked to the quarter-hours that are meant.
import t from 'tap'
import type { SummaryParams } from '../../../src/contract/usage.ts'
import { rangeOf } from '../../../src/daemon/views/range.ts'
import { zoneOf } from '../../../src/daemon/views/zone.ts'

/** A Friday; in Tokyo it is Saturday already. */
const NOW = Date.parse('2026-11-20T20:00:00Z')

function printed(params: SummaryParams, name = 'UTC', now = NOW): [string | null, string | null] {
  const zone = zoneOf(name)
  const { since, until } = rangeOf(params, zone, now)
  const print = (quarter: number | null) => (quarter === null ? null : zone.format(quarter))
  return [print(since), print(until)]
}

t.test("named ranges are of the asker's zone", async (t) => {
  t.same(printed({}), ['2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z'], 'nothing asked is today')
  t.same(printed({ range: 'today' }, 'Asia/Tokyo'), [
    '2026-11-21T00:00:00+09:00',
    '2026-11-22T00:00:00+09:00',
  ])
  t.same(
    printed({ range: 'week' }),
    ['2026-11-16T00:00:00Z', '2026-11-21T00:00:00Z'],
    'a week begins on Monday',
  )
  t.same(printed({ range: 'month' }, 'America/Los_Angeles'), [
    '2026-11-01T00:00:00-07:00',
    '2026-11-21T00:00:00-08:00',
  ])
  t.same(printed({ range: 'all' }), [null, null])
})

t.test('a week begins on Monday, whatever the day', async (t) => {
  for (let day = 16; day <= 22; day++) {
    t.equal(
      printed({ range: 'week' }, 'UTC', Date.parse(`2026-11-${day}T12:00:00Z`))[0],
      '2026-11-16T00:00:00Z',
    )
  }
  t.equal(printed({ range: 'week' }, 'UTC', Date.parse('2026-11-23T00:00:00Z'))[0], '2026-11-23T00:00:00Z')
})

t.test('a month begins on its first day', async (t) => {
  t.equal(printed({ range: 'month' }, 'UTC', Date.parse('2026-12-31T23:59:59Z'))[0], '2026-12-01T00:00:00Z')
  t.equal(printed({ range: 'month' }, 'UTC', Date.parse('2028-02-29T00:00:00Z'))[0], '2028-02-01T00:00:00Z')
})

t.test('dates are inclusive', async (t) => {
  const params = { since: '2026-11-01', until: '2026-11-03' }
  t.same(printed(params), ['2026-11-01T00:00:00Z', '2026-11-04T00:00:00Z'])
  t.same(printed(params, 'America/Los_Angeles'), ['2026-11-01T00:00:00-07:00', '2026-11-04T00:00:00-08:00'])
  t.same(printed({ since: '2026-11-01' }), ['2026-11-01T00:00:00Z', null], 'the other end is open')
  t.same(printed({ until: '2026-11-01' }), [null, '2026-11-02T00:00:00Z'])
  t.same(printed({ since: '2026-11-18', range: 'week' }), ['2026-11-18T00:00:00Z', '2026-11-21T00:00:00Z'])
})

t.test('days back include today', async (t) => {
  t.same(printed({ since: '7d' }), ['2026-11-14T00:00:00Z', null])
  t.same(printed({ since: '1d' }), ['2026-11-20T00:00:00Z', null])
  t.same(printed({ since: '7d' }, 'Asia/Tokyo'), ['2026-11-15T00:00:00+09:00', null])
})

t.test('RFC 3339 times are widened to quarter-hours', async (t) => {
  const params = { since: '2026-11-20T10:07:00Z', until: '2026-11-20T12:01:00+01:00' }
  t.same(printed(params), ['2026-11-20T10:00:00Z', '2026-11-20T11:15:00Z'])
  t.same(printed({ since: '2026-11-20t10:15:00.5z', until: '2026-11-20 10:30Z' }), [
    '2026-11-20T10:15:00Z',
    '2026-11-20T10:30:00Z',
  ])
})

t.test('what cannot be read is named in the error', async (t) => {
  for (const since of [
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2026-1-1',
    '2026-11-20T10:00:00',
    '2026-11-20T25:00:00Z',
    '-7d',
    '0d',
    '7 d',
    '',
  ]) {
    const error = { error: 'invalidRange', message: `the range cannot be read: ${JSON.stringify(since)}` }
    t.throws(() => printed({ since }), error, since)
    t.throws(() => printed({ until: since }), error, since)
  }
  t.throws(() => printed({ since: '2026-11-03', until: '2026-11-01' }), {
    message: 'the range cannot be read: it ends (2026-11-01) before it begins (2026-11-03)',
  })
})

t.test('the edges of time', async (t) => {
  t.doesNotThrow(() => printed({ since: '99999d' }))
  t.doesNotThrow(() => printed({ since: '1970-01-01', until: '9999-12-31' }, 'America/St_Johns'))
  t.same(printed({ since: '2026-11-20', until: '2026-11-20' })[1], '2026-11-21T00:00:00Z')
})

t.test('a time on a day that does not exist is not another day', async (t) => {
  const error = { error: 'invalidRange', message: 'the range cannot be read: "2026-02-30T10:00:00Z"' }
  t.throws(() => printed({ since: '2026-02-30T10:00:00Z' }), error)
})
