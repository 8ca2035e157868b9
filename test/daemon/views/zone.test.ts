// Local days and hours of zones whose offsets are odd, and of days that have 23 or 25 hours.

import t from 'tap'
import { QUARTER_MS, quarterOf } from '../../../src/daemon/tallies/quarters.ts'
import { dateOf, systemZone, zoneOf } from '../../../src/daemon/views/zone.ts'
import { CivilClock } from '../usage/civil.ts'

const ZONES = [
  'UTC',
  'America/Los_Angeles',
  'Asia/Tokyo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Asia/Tehran',
  'Europe/Berlin',
  'Africa/Casablanca',
]
const at = (time: string) => quarterOf(Date.parse(time))

for (const name of ZONES) {
  t.test(
    `${name}: every quarter-hour of two years is in the day and hour that the clocks there showed`,
    async (t) => {
      const zone = zoneOf(name)
      const civil = new CivilClock(name)
      let wrong = 0
      for (let quarter = at('2025-01-01T00:00:00Z'); quarter < at('2027-01-02T00:00:00Z'); quarter++) {
        const { date, hour, minute } = civil.at(quarter * QUARTER_MS)
        const printed = zone.format(quarter)
        const right =
          dateOf(zone.dayOf(quarter)) === date &&
          printed.slice(0, 16) === `${date}T${hour}:${minute}` &&
          Date.parse(printed) === quarter * QUARTER_MS
        if (!right && wrong++ < 3) t.fail(`${printed} is ${date} ${hour}:${minute}`)
      }
      t.equal(wrong, 0)
    },
  )
}

const hoursOf = (name: string, date: string) => {
  const zone = zoneOf(name)
  const day = Date.parse(`${date}T00:00:00Z`) / 86_400_000
  return (zone.startOf(day + 1) - zone.startOf(day)) / 4
}

t.test('days on which clocks change are shorter or longer', async (t) => {
  t.equal(hoursOf('America/Los_Angeles', '2026-03-08'), 23)
  t.equal(hoursOf('America/Los_Angeles', '2026-11-01'), 25)
  t.equal(hoursOf('America/Los_Angeles', '2026-11-02'), 24)
  t.equal(hoursOf('Europe/Berlin', '2026-03-29'), 23)
  t.equal(hoursOf('Europe/Berlin', '2026-10-25'), 25)
  t.equal(hoursOf('Australia/Lord_Howe', '2026-04-05'), 24.5)
  t.equal(hoursOf('Australia/Lord_Howe', '2026-10-04'), 23.5)
  t.equal(hoursOf('America/St_Johns', '2026-11-01'), 25)
  t.equal(hoursOf('Asia/Tokyo', '2026-03-08'), 24)
})

t.test('days begin when the clocks there say so', async (t) => {
  const startOf = (name: string, date: string) => {
    const zone = zoneOf(name)
    return zone.format(zone.startOf(Date.parse(`${date}T00:00:00Z`) / 86_400_000))
  }
  t.equal(startOf('Asia/Kathmandu', '2026-06-01'), '2026-06-01T00:00:00+05:45')
  t.equal(startOf('America/St_Johns', '2026-06-01'), '2026-06-01T00:00:00-02:30')
  t.equal(startOf('Pacific/Apia', '2026-06-01'), '2026-06-01T00:00:00+13:00')
  t.equal(startOf('Pacific/Kiritimati', '2026-06-01'), '2026-06-01T00:00:00+14:00')
  t.equal(startOf('UTC', '2026-06-01'), '2026-06-01T00:00:00Z')
  t.equal(
    startOf('Africa/Cairo', '2026-04-24'),
    '2026-04-24T01:00:00+03:00',
    'midnight does not exist that day',
  )
})

t.test('an hour that is repeated in autumn is two hours', async (t) => {
  const zone = zoneOf('America/Los_Angeles')
  const hours = new Set<string>()
  for (let quarter = zone.startOf(20_758); quarter < zone.startOf(20_759); quarter++) {
    hours.add(zone.format(zone.hourOf(quarter)))
  }
  const list = [...hours]
  t.equal(list[0], '2026-11-01T00:00:00-07:00')
  t.equal(list.length, 25)
  t.same(list.slice(1, 3), ['2026-11-01T01:00:00-07:00', '2026-11-01T01:00:00-08:00'])
})

t.test('hours of a zone at :45 begin at its own full hour', async (t) => {
  const zone = zoneOf('Asia/Kathmandu')
  t.equal(zone.format(zone.hourOf(at('2026-06-01T10:30:00Z'))), '2026-06-01T16:00:00+05:45')
  t.equal(zone.format(zone.hourOf(at('2026-06-01T10:00:00Z'))), '2026-06-01T15:00:00+05:45')
})

t.test('a zone that does not exist is refused by its name', async (t) => {
  t.throws(() => zoneOf('Europe/Atlantis'), {
    error: 'unknownTimeZone',
    message: 'no such time zone: "Europe/Atlantis"',
  })
  t.throws(() => zoneOf('\u001b[2J'), {
    error: 'unknownTimeZone',
    message: 'no such time zone: "\\u001b[2J"',
  })
})

t.test('the system zone is what /etc/localtime points to', async (t) => {
  t.equal(
    systemZone(() => '/usr/share/zoneinfo/Asia/Tokyo'),
    'Asia/Tokyo',
  )
  t.equal(
    systemZone(() => undefined),
    Intl.DateTimeFormat().resolvedOptions().timeZone,
  )
})

t.test('zones that change their clocks twice within weeks: every day begins when it does', async (t) => {
  for (const name of [
    ...ZONES,
    'Africa/El_Aaiun',
    'Africa/Cairo',
    'Asia/Gaza',
    'Asia/Beirut',
    'Pacific/Fiji',
  ]) {
    const zone = zoneOf(name)
    const civil = new CivilClock(name)
    let wrong = 0
    for (let quarter = at('2020-01-01T00:00:00Z'); quarter < at('2040-01-01T00:00:00Z'); quarter += 96) {
      const { date, hour, minute } = civil.at(quarter * QUARTER_MS)
      if (zone.format(quarter).slice(0, 16) !== `${date}T${hour}:${minute}`) wrong++
    }
    t.equal(wrong, 0, name)
  }
})
