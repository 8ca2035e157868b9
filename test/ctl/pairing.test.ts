// What the commands about pairing say of a daemon's answers, as processes of their own.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Comparison, Invitation, Pairing } from '../../src/contract/pairing.ts'
import { until } from '../harness/daemon.ts'
import { PAIRING_REQUEST } from '../harness/requests.ts'
import { started, tallyctl } from './client.ts'
import { fakeDaemon, status, WEB } from './fake-daemon.ts'

const ID = 'a'.repeat(64)
const PAIRED = { id: ID, name: 'studio' }

function invitation(more: Partial<Invitation> = {}): Invitation {
  const expiresAt = new Date(Date.now() + 300_000).toISOString()
  return {
    id: '1',
    state: 'waiting',
    expiresAt,
    attemptsLeft: 3,
    failed: 0,
    wrongFrom: [],
    paired: null,
    ...more,
  }
}

t.test('invite tells of codes that were wrong, and not of the one that was right', async (t) => {
  let subscribed = false
  const { home, send } = await fakeDaemon(t, {
    'pairing.invite': () => ({
      invited: { id: '1', code: '604218', expiresAt: invitation().expiresAt, port: 4765, addresses: [] },
    }),
    'events.subscribe': () => {
      subscribed = true
      return { subscription: 1 }
    },
  })
  const invite = started(home, ['invite'])
  await until(() => subscribed, 'it listens')
  const tell = (more: Partial<Invitation>) =>
    send('pairing.changed', { invitation: invitation(more), comparison: null } satisfies Pairing)
  const wrongFrom = ['192.168.1.9']
  tell({ attemptsLeft: 2 })
  tell({ attemptsLeft: 2, failed: 1, wrongFrom })
  tell({ attemptsLeft: 1, failed: 1, wrongFrom })
  tell({ attemptsLeft: 1, failed: 1, wrongFrom, state: 'paired', paired: PAIRED })
  const { exit, out, err } = await invite.ended
  t.equal(exit, EXIT.ok)
  t.match(out, /paired with studio \(aaaaaaaa\)/)
  t.equal(err.match(/a wrong code came/g)?.length, 1, 'an attempt that is counted is not yet a wrong one')
  t.match(err, /\na wrong code came from 192\.168\.1\.9; 2 attempts left\n/)
})

const COMPARISON: Comparison = {
  id: PAIRING_REQUEST.id,
  state: 'failed',
  digits: PAIRING_REQUEST.digits ?? null,
  ours: true,
  from: { id: ID, address: '192.168.1.31' },
  expiresAt: PAIRING_REQUEST.expiresAt,
  why: null,
  paired: null,
}

for (const [why, says] of [
  ['declined', /somebody said no, on the other device or here in another terminal; ask its owner/],
  ['timedOut', /it took longer than 60 s; run it again, and answer within 60 s/],
  ['wrongDigits', /the numbers are not the same.*compare the numbers/],
] as const) {
  t.test(`a comparison that ended (${why}) has its own next step, and no word of a code`, async (t) => {
    let subscribed = false
    const { home, send } = await fakeDaemon(t, {
      'pairing.compare': () => ({ comparing: { ...COMPARISON, state: 'waiting' } }),
      'events.subscribe': () => {
        subscribed = true
        return { subscription: 1 }
      },
    })
    const pair = started(home, ['pair', '192.168.1.31'])
    await until(() => subscribed, 'it listens')
    send('pairing.changed', { invitation: null, comparison: { ...COMPARISON, why } } satisfies Pairing)
    const { exit, err } = await pair.ended
    t.equal(exit, EXIT.failed)
    t.match(err, says)
    t.notMatch(err, /\bcode\b/)
    t.match(err, /there, run: npx tallyctl approve/, 'as it is typed in a clone')
  })
}

t.test('deny says that the address is kept away, where it is', async (t) => {
  let ours = false
  const { home } = await fakeDaemon(t, { 'requests.deny': () => ({ denied: { ...PAIRING_REQUEST, ours } }) })
  t.match((await tallyctl(home, ['deny'])).out, /; 192\.168\.1\.31 is kept away for 10 minutes\n/)
  ours = true
  t.notMatch((await tallyctl(home, ['deny'])).out, /kept away/)
})

t.test('a verb without its noun names every command that has it, and two ways to pair at once', async (t) => {
  const { home } = await fakeDaemon(t, {})
  const { err } = await tallyctl(home, ['rename', 'laptop'])
  const named = ['devices', 'members', 'secrets', 'configs'].map((noun) => `tallyctl ${noun} rename laptop`)
  t.equal(err.replaceAll('npx ', ''), `tallyctl: there is no command rename; run: ${named.join(', or: ')}\n`)
  for (const verb of ['unpair', 'block', 'forget', 'merge']) {
    const { exit, err } = await tallyctl(home, [verb, 'laptop'])
    t.equal(exit, EXIT.usage)
    t.match(err, new RegExp(`run: (npx )?tallyctl devices ${verb} laptop\n`))
  }
  for (const how of ['maybe', '3s', '25h']) {
    const { exit, err } = await tallyctl(home, ['share', how])
    t.equal(exit, EXIT.usage)
    t.match(err, new RegExp(how), 'it names what was said')
    t.notMatch(err, /parameters/)
  }
  const both = await tallyctl(home, ['pair', 'laptop', '--code', '604218', '--digits', '482913'])
  t.equal(both.exit, EXIT.usage)
  t.match(both.err, /--code and --digits/)
})

t.test('status shows sharing as share does', async (t) => {
  const lan = { open: true, port: 4765, mode: 'always' as const, until: null, problem: null }
  const listeners = { control: { path: '/run/tallyd.sock' }, lan, web: WEB }
  let shown = status()
  const { home } = await fakeDaemon(t, { 'daemon.status': () => shown })
  t.match((await tallyctl(home, ['status'])).out, /\nsharing {4}off: no other device can reach this one\n/)
  shown = status({ listeners })
  t.match((await tallyctl(home, ['status'])).out, /\nsharing {4}open on port 4765\n/)
})
