// What the client says of devices around its tables: whose numbers are missing, who is live, and what counts twice.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Summary } from '../../src/contract/usage.ts'
import { devicesLine, missingLines, sameLogsLines } from '../../src/ctl/terminal/device-lines.ts'
import { Screen } from '../../src/ctl/terminal/screen.ts'
import { tallyctl } from './client.ts'
import { answers, fakeDaemon, figures, summary } from './fake-daemon.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const screen = new Screen({}, '/nowhere')
type Device = Summary['devices'][number]

const desk: Device = { id: null, name: 'desk', self: true, freshness: 'live', asOf: null, state: 'self' }
const laptop: Device = {
  id: 'a',
  name: 'laptop',
  self: false,
  freshness: 'live',
  asOf: '2026-11-20T11:59:59Z',
  state: 'paired',
}
const seen = (asOf: string | null, more: Partial<Device> = {}): Device => ({
  id: 'b',
  name: 'studio',
  self: false,
  freshness: asOf === null ? 'never' : 'cached',
  asOf,
  state: 'paired',
  ...more,
})
const of = (devices: Device[], more: Partial<Summary> = {}) =>
  summary(['model'], [{ model: 'a', ...figures(2, 3) }], { devices, ...more })

t.test('a device that is away says what is missing of it', async (t) => {
  const said = (device: Device, until?: string) =>
    missingLines(
      of(
        [desk, laptop, device],
        until === undefined ? {} : { range: { since: null, until, timeZone: 'UTC' } },
      ),
      NOW,
      screen,
    )
  t.same(said(seen('2026-11-20T10:00:00Z')), ['studio     last seen 2 h ago: its last 2 hours are missing'])
  t.same(said(seen('2026-11-20T11:00:00Z')), ['studio     last seen 1 h ago: its last hour is missing'])
  t.same(said(seen('2026-11-20T11:55:00Z')), [
    'studio     last seen 5 min ago: its last 5 minutes are missing',
  ])
  t.same(said(seen('2026-11-19T00:00:00Z')), [
    'studio     last seen 2026-11-19: its last 36 hours are missing',
  ])
  t.same(said(seen('2026-11-10T12:00:00Z')), [
    'studio     last seen 2026-11-10: its last 10 days are missing',
  ])
  t.same(said(seen(null)), ['studio     never seen: what it spent is missing'])
  t.same(said(seen('2026-11-20T10:00:00Z'), '2026-11-20T00:00:00Z'), [], 'nothing of that time is missing')
  t.same(said(seen('2026-11-20T10:00:00Z', { state: 'unpaired' })), [], 'its history has ended')
  t.same(said(seen(null, { name: 'a\u001b[31m' }))[0]?.includes('\u001b'), false)
})

t.test('the glance names who is live and who is away', async (t) => {
  t.equal(devicesLine(of([desk]), NOW), null)
  t.equal(devicesLine(of([desk, laptop]), NOW), 'devices      desk (this one), laptop live')
  t.equal(
    devicesLine(of([desk, laptop, seen('2026-11-20T10:00:00Z'), seen(null, { name: 'attic' })]), NOW),
    'devices      desk (this one), laptop live   studio 2 h ago   attic never seen',
  )
  t.equal(
    devicesLine(of([desk, seen('2026-11-20T10:00:00Z')]), NOW),
    'devices      desk (this one)   studio 2 h ago',
  )
})

t.test('the same logs on two devices are named with what to do', async (t) => {
  const lines = (one: string, other: string) =>
    sameLogsLines(of([desk, laptop], { sameLogs: [{ devices: [one, other], buckets: 1_412 }] }), screen)
  t.same(lines('desk', 'laptop'), [
    'twice      desk and laptop hold the same logs: 1,412 buckets are counted twice',
    'leave the folder out on one of them (docs/config.md), or see: tallyctl devices forget --help',
  ])
  t.match(lines('laptop', 'studio')[1], /devices merge --help/)
  t.same(sameLogsLines(of([desk, laptop]), screen), [])
})

t.test('usage and the glance print them on stdout; JSON and CSV are as they were', async (t) => {
  const away = of([desk, seen(new Date(Date.now() - 7_200_000).toISOString())], {
    range: { since: null, until: '2100-01-01T00:00:00Z', timeZone: 'UTC' },
    sameLogs: [{ devices: ['desk', 'studio'], buckets: 12 }],
  })
  const { home } = await fakeDaemon(t, answers(away))
  const usage = await tallyctl(home, ['usage'])
  t.match(usage.out, /\nstudio {5}last seen 2 h ago: its last 2 hours are missing\ntwice {6}desk and studio/)
  t.equal(usage.exit, EXIT.ok)
  t.match((await tallyctl(home, [])).out, /\n\ndevices {6}desk \(this one\) {3}studio 2 h ago\ntwice/)
  t.same(JSON.parse((await tallyctl(home, ['usage', '--json'])).out), away)
  t.notMatch((await tallyctl(home, ['usage', '--csv'])).out, /studio/)
})
