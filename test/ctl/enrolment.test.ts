// What the commands about enrolments say of a daemon's answers, and what they ask it, as processes of their own.
import t from 'tap'
import { ERRORS, EXIT } from '../../src/contract/errors.ts'
import type { EnrolmentRequest } from '../../src/contract/requests.ts'
import { ENROLMENT_REQUEST, PAIRING_REQUEST } from '../harness/requests.ts'
import { tallyctl } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

const GRANTED = {
  member: 'kitchen',
  scopes: ['dashboard:read'],
  label: 'on the fridge',
  identity: 'none',
  expiresAt: '2027-11-20T12:00:00.000Z',
}

function enrolment(more: Partial<EnrolmentRequest> = {}): EnrolmentRequest {
  return { ...ENROLMENT_REQUEST, expiresAt: new Date(Date.now() + 480_000).toISOString(), ...more }
}

t.test('requests shows who asks, for what, and how to say yes', async (t) => {
  const { home } = await fakeDaemon(t, { 'requests.list': () => ({ requests: [enrolment()] }) })
  const { exit, out, err } = await tallyctl(home, ['requests'])
  t.equal(exit, EXIT.ok)
  t.match(
    out,
    /^4f19c2ab {3}enrolment {3}claims to be "kitchen display" {3}192\.168\.1\.40 {3}wants dashboard:read {3}8 min left\n$/,
  )
  t.match(
    err,
    /approve it with the code on its screen: .*tallyctl approve CODE --new-member "kitchen display"\n/,
  )
  t.notMatch(err, /tallyctl approve {3}/, 'a word about digits would be about nothing')
})

t.test('a bound one shows its device and who has claimed it', async (t) => {
  const bound = enrolment({
    from: { id: 'd'.repeat(64), name: 'studio', address: '192.168.1.7' },
    claimedBy: 'ann',
    takeover: true,
  })
  const { home } = await fakeDaemon(t, { 'requests.list': () => ({ requests: [PAIRING_REQUEST, bound] }) })
  const { out, err } = await tallyctl(home, ['requests'])
  t.match(out, / {3}device dddddddd {3}claimed by ann, to be taken over {3}wants /)
  t.match(err, /to say yes: .*tallyctl approve /)
})

t.test('nothing that a client claims can be pasted into a shell, nor leave its quotes', async (t) => {
  const names = ['$(reboot)', '`reboot`', '"; reboot; "', '--takeover', 'x\x1b[2Jy']
  for (const name of names) {
    const from = { id: null, name, address: '192.168.1.40' }
    const { home } = await fakeDaemon(t, { 'requests.list': () => ({ requests: [enrolment({ from })] }) })
    const { out, err } = await tallyctl(home, ['requests'])
    t.match(err, name.startsWith('x') ? /--new-member "xy"\n/ : /--new-member NAME\n/, name)
    t.equal(out.split('"').length, 3, `${name}: two quotes`)
    t.notMatch(out, /\x1b/)
  }
})

t.test('the code and the member are the yes: nothing is asked, what was granted is printed', async (t) => {
  const daemon = await fakeDaemon(t, {
    'requests.approve': () => ({ approved: enrolment(), granted: GRANTED }),
  })
  const flags = ['--new-member', 'kitchen', '--scope', 'dashboard:read', '--scope', 'usage:read']
  const more = ['--label', 'on the fridge', '--expires', '30d', '--identity', 'none', '--takeover']
  const { exit, out } = await tallyctl(daemon.home, ['approve', 'wdjb mjht', ...flags, ...more])
  t.equal(exit, EXIT.ok)
  t.equal(
    out,
    'approved: claims to be "kitchen display"   192.168.1.40\n' +
      'granted:  dashboard:read   member kitchen   label "on the fridge"   identity none   until 2027-11-20\n',
  )
  const params = {
    code: 'wdjb mjht',
    newMember: 'kitchen',
    scopes: ['dashboard:read', 'usage:read'],
    label: 'on the fridge',
    expiresIn: 30 * 86_400,
    identity: 'none',
    takeover: true,
  }
  t.same(daemon.calls, [{ method: 'requests.approve', params }], 'and nothing else was asked')
})

t.test('approve --json prints what was approved and what was granted', async (t) => {
  const answer = { approved: enrolment(), granted: GRANTED }
  const { home, calls } = await fakeDaemon(t, { 'requests.approve': () => answer })
  const { out } = await tallyctl(home, ['approve', 'WDJBMJHT', '--member', 'kitchen', '--json'])
  t.same(JSON.parse(out), answer)
  t.same(calls[0]?.params, { code: 'WDJBMJHT', member: 'kitchen' })
})

t.test('what is missing is said before the daemon is asked', async (t) => {
  const { home, calls } = await fakeDaemon(t, {})
  for (const [argv, says] of [
    [['approve', 'WDJB-MJHT'], ERRORS.needsMember.says],
    [['approve', 'WDJB-MJHT', '--member', 'a', '--new-member', 'b'], ERRORS.needsMember.says],
    [['approve', '--new-member', 'kitchen'], ERRORS.needsUserCode.says],
    [['approve', 'WDJB-MJHT', '--member', 'a', '--digits', '482913'], '--digits is for pairing'],
    [['approve', 'WDJB-MJHT', '--member', 'a', '--expires', '5s'], '--expires is 5s'],
    [['approve', 'WDJB-MJHT', '--member', 'a', '--expires', '11y'], '--expires is 11y'],
  ] as const) {
    const { exit, err } = await tallyctl(home, argv)
    t.equal(exit, EXIT.usage, argv.join(' '))
    t.ok(err.includes(says), `${argv.join(' ')}: ${err}`)
  }
  t.same(calls, [])
})

t.test('approve alone, where one client waits, says to type its code', async (t) => {
  const { home, calls } = await fakeDaemon(t, { 'requests.list': () => ({ requests: [enrolment()] }) })
  for (const argv of [['approve'], ['approve', '4f19c2ab']]) {
    const { exit, err } = await tallyctl(home, argv)
    t.equal(exit, EXIT.usage)
    t.match(err, /read it off the screen of what wants to enrol/)
  }
  t.notOk(calls.some(({ method }) => method === 'requests.approve'))
})

t.test('deny takes an id or a code', async (t) => {
  const { home, calls } = await fakeDaemon(t, { 'requests.deny': () => ({ denied: enrolment() }) })
  for (const [word, params] of [
    ['4f19c2ab', { id: '4f19c2ab' }],
    ['bcdfbcdf', { id: 'bcdfbcdf' }],
    ['bcdf-bcdf', { code: 'bcdf-bcdf' }],
    ['WDJB MJHT', { code: 'WDJB MJHT' }],
  ] as const) {
    const { out } = await tallyctl(home, ['deny', word])
    t.match(out, /^denied: claims to be "kitchen display" {3}192\.168\.1\.40\n$/)
    t.same(calls.at(-1)?.params, params)
  }
})
