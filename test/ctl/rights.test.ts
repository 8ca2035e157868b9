// What `devices grant`, `ungrant` and `--on` ask the daemon, and what they print.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import { tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

const LAPTOP = { id: 'a'.repeat(64), name: 'laptop' }
const REQUEST = {
  id: '0a1b2c3d',
  kind: 'enrolment',
  from: { id: null, name: 'display', address: '192.168.1.40' },
  clientId: 'tallyctl',
  scopes: ['dashboard:read'],
  claimedBy: null,
  takeover: false,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: new Date(Date.now() + 480_000).toISOString(),
}

t.test('grant and ungrant', async (t) => {
  const asked: unknown[] = []
  const { home } = await fakeDaemon(t, {
    'devices.grant': (params) => {
      asked.push(params)
      return { granted: LAPTOP }
    },
    'devices.ungrant': (params) => {
      asked.push(params)
      return { ungranted: LAPTOP }
    },
  })
  const granted = await tallyctl(home, ['devices', 'grant', 'laptop', 'requests:approve'])
  t.match(granted, { exit: EXIT.ok, out: 'laptop may answer those who want to enrol here\n' })
  const taken = await tallyctl(home, ['devices', 'ungrant', 'laptop', 'requests:approve'])
  t.match(taken, { exit: EXIT.ok, out: 'laptop may not any more; it stays paired\n' })
  t.same(asked, [
    { device: 'laptop', right: 'requests:approve' },
    { device: 'laptop', right: 'requests:approve' },
  ])
  t.equal((await tallyctl(home, ['devices', 'grant', 'laptop', 'admin'])).exit, EXIT.usage)
  t.equal(asked.length, 2)
})

t.test('--on names another device, in what is asked and in what is said next', async (t) => {
  const asked: unknown[] = []
  const heard =
    <R>(result: R) =>
    (params: unknown) => {
      asked.push(params)
      return result
    }
  const granted = { member: 'display', scopes: ['dashboard:read'], label: 'display', expiresAt: null }
  const { home } = await fakeDaemon(t, {
    'requests.list': heard({ requests: [REQUEST] }),
    'requests.approve': heard({ approved: REQUEST, granted }),
    'requests.deny': heard({ denied: REQUEST }),
  })
  const { err } = await tallyctl(home, ['requests', '--on', 'kiosk'])
  t.match(err, /tallyctl approve CODE --new-member "display" --on kiosk\n/)
  t.match(err, /tallyctl deny ID --on kiosk/)
  const odd = await tallyctl(home, ['requests', '--on', 'a; b'])
  t.match(odd.err, /--on DEVICE\n/, 'nothing that a shell could run')
  await tallyctl(home, ['approve', 'WDJB-MJHT', '--member', 'display', '--on', 'kiosk'])
  await tallyctl(home, ['deny', 'WDJB-MJHT', '--on', 'kiosk'])
  t.same(asked, [
    { on: 'kiosk' },
    { on: 'a; b' },
    { code: 'WDJB-MJHT', member: 'display', on: 'kiosk' },
    { code: 'WDJB-MJHT', on: 'kiosk' },
  ])
  const without = await tallyctl(home, ['approve', '--on', 'kiosk'])
  t.equal(without.exit, EXIT.usage, 'a pairing is never answered from elsewhere')
})
