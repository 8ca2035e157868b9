// What the commands about pairing say of a daemon's answers, as processes of their own.
import t from 'tap'
import { EXIT } from '../../src/contract/errors.ts'
import type { Invitation, Pairing } from '../../src/contract/pairing.ts'
import { until } from '../harness/daemon.ts'
import { started } from './client.ts'
import { fakeDaemon } from './fake-daemon.ts'

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
