// What doctor says of devices, on facts: a line for each, ports that are taken, and what clocks say of each other.
import t from 'tap'
import { TallyError } from '../../../src/contract/errors.ts'
import { checkClocks, checkDevices } from '../../../src/daemon/devices/checks.ts'
import type { DeviceFacts } from '../../../src/daemon/devices/devices.ts'
import type { Identity } from '../../../src/daemon/identity/identity.ts'

const IDENTITY = { fingerprint: 'a'.repeat(64), cloned: false } as Identity
const SHARING = { open: true, port: 4765, mode: 'always', until: null, problem: null } as const
const LAPTOP: DeviceFacts = {
  id: 'b'.repeat(64),
  name: 'laptop',
  self: false,
  state: 'paired',
  direction: 'mutual',
  freshness: 'live',
  asOf: '2026-11-28T12:00:00.000Z',
  problem: null,
  address: '192.168.1.31:4765',
}
const NOTHING = { program: null, skewMs: null }
const lines = (
  device: Partial<DeviceFacts>,
  told = NOTHING as { program: string | null; skewMs: number | null },
) => checkDevices([{ ...LAPTOP, ...device }], SHARING, IDENTITY, () => told).slice(2)
const problem = (code: string) => ({ code, says: 'no answer', since: '' })

t.test('a line for each device', async (t) => {
  t.match(lines({}, { program: '0.2.0', skewMs: 900 }), [
    { level: 'ok', code: 'device', says: 'live, tallyd 0.2.0' },
  ])
  t.match(lines({ problem: problem('unreachable') }), [
    { level: 'warning', code: 'unreachable', subject: 'laptop', next: /tallyctl doctor 'laptop'/ },
  ])
  t.match(lines({ problem: problem('wrongCertificate') }), [
    { level: 'broken', code: 'wrongCertificate', next: /devices unpair 'laptop'.*tallyctl doctor 'laptop'/ },
  ])
  t.match(lines({ problem: problem('newerVersion') }), [{ code: 'newerVersion', next: 'update tallyd here' }])
  t.same(
    lines({ state: 'unpaired', problem: problem('unpairedThere') }),
    [],
    'it is no device of ours any more',
  )
})

t.test('a listener that is closed although it should be open', async (t) => {
  const taken = { ...SHARING, open: false, port: null, problem: new TallyError('portTaken', '4765').message }
  const [, sharing] = checkDevices([], taken, IDENTITY, () => NOTHING)
  t.match(sharing, { level: 'broken', code: 'sharingFailed', next: /who has it: .*4765.*lan\.port/ })
  const [, other] = checkDevices([], { ...taken, problem: 'EACCES' }, IDENTITY, () => NOTHING)
  t.match(other, { code: 'sharingFailed', next: /^mend it/ })
  const unreadable = new TallyError('identityUnreadable')
  t.match(
    checkDevices([], SHARING, unreadable, () => NOTHING),
    [{ code: 'identityUnreadable' }, { code: 'sharing' }],
  )
})

t.test('clocks', async (t) => {
  const MINUTE = 60_000
  const clocks = (skews: Readonly<Record<string, number | null>>) =>
    checkClocks(Object.entries(skews).map(([name, skewMs]) => ({ name, skewMs })))
  t.same(clocks({}), [])
  t.same(clocks({ laptop: null, studio: 90_000 }), [])
  t.match(clocks({ laptop: 5 * MINUTE, studio: 0 }), [
    { level: 'warning', code: 'clockOfDevice', says: 'the clock of laptop is 5 min ahead of ours' },
  ])
  t.match(clocks({ laptop: -5 * MINUTE }), [{ says: 'the clock of laptop is 5 min behind ours' }])
  t.match(clocks({ laptop: 60 * MINUTE, studio: 61 * MINUTE }), [
    {
      code: 'clockOfOthers',
      says: 'laptop, studio agree that our clock is 60 min behind',
      next: /timedatectl/,
    },
  ])
  t.match(clocks({ laptop: 60 * MINUTE, studio: -60 * MINUTE }), [
    { code: 'clockOfDevice' },
    { code: 'clockOfDevice' },
  ])
})
