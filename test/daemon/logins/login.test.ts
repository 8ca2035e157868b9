// The machine of one login: every token that was handed out is kept or given back, and nothing is asked once it is over.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  beginAsking,
  type Login,
  type LoginEffect,
  type LoginEvent,
  type LoginStep,
  loginStep,
  resume,
} from '../../../src/daemon/logins/login.ts'

const TOKEN = { token: 'tallyd_EXAMPLE', scopes: ['usage:read'], tokenId: '0a1b2c3d', member: 'ann' }
const DEADLINE = 600_000

/** A machine that is told one event after the other. */
function told(begun: LoginStep = beginAsking(5_000, DEADLINE)) {
  let { login } = begun
  const tell = (event: LoginEvent): LoginEffect[] => {
    const step = loginStep(login, event)
    login = step.login
    return [...step.effects]
  }
  const error = (name: string, now = 0) => tell({ type: 'polled', polled: { error: name }, now })
  return { tell, error, begun, state: (): Login => login }
}

const handedOut = { type: 'polled', polled: TOKEN, now: 5_000 } as const

t.test('asked, pending, handed out, kept, used; logged out, revoked, forgotten', async (t) => {
  const { tell, error, begun, state } = told()
  t.same(begun.effects, [{ do: 'poll', afterMs: 5_000 }])
  t.same(error('authorization_pending'), [{ do: 'poll', afterMs: 5_000 }])
  t.same(tell(handedOut), [{ do: 'keep', token: TOKEN }])
  t.same(tell({ type: 'kept' }), [{ do: 'confirm', afterMs: 0 }])
  t.same(tell({ type: 'confirmed' }), [])
  t.match(state(), { at: 'claimed', confirmed: true })
  t.same(tell({ type: 'ended' }), [{ do: 'revoke', afterMs: 0 }])
  t.same(tell({ type: 'revoked' }), [{ do: 'drop' }])
  t.same(state(), { at: 'over', why: 'ended' })
})

t.test('RFC 8628 §3.5: slow_down adds 5 s for good, silence doubles the pause up to a minute', async (t) => {
  const { error } = told()
  t.same(error('slow_down'), [{ do: 'poll', afterMs: 10_000 }])
  t.same(error('authorization_pending'), [{ do: 'poll', afterMs: 10_000 }])
  const pauses = Array.from({ length: 4 }, () => error('temporarily_unavailable')).flat()
  t.same(
    pauses.map((effect) => 'afterMs' in effect && effect.afterMs),
    [20_000, 40_000, 60_000, 60_000],
  )
  t.same(error('authorization_pending'), [{ do: 'poll', afterMs: 10_000 }])
})

t.test('a code is asked about until it ends, and once more at its very end', async (t) => {
  const { error, state } = told()
  t.same(error('authorization_pending', DEADLINE - 2_000), [{ do: 'poll', afterMs: 2_000 }])
  t.same(error('authorization_pending', DEADLINE), [])
  t.same(state(), { at: 'over', why: 'expired_token' })
})

for (const name of ['access_denied', 'expired_token', 'invalid_grant', 'claimed_by_other', 'whatever']) {
  t.test(`${name} ends it`, async (t) => {
    const { error, state } = told()
    t.same(error(name), [])
    t.same(state(), { at: 'over', why: name })
  })
}

t.test('a disk that refuses: the token is given back', async (t) => {
  const { tell, state } = told()
  tell(handedOut)
  t.same(tell({ type: 'notKept' }), [{ do: 'giveBack', token: TOKEN }])
  t.same(state(), { at: 'over', why: 'notKept' })
})

t.test('ended while the answer was under way: what comes is given back', async (t) => {
  const { tell } = told()
  t.same(tell({ type: 'ended' }), [])
  t.same(tell(handedOut), [{ do: 'giveBack', token: TOKEN }])
})

t.test('ended while the token was written: it is revoked once it is written', async (t) => {
  const { tell } = told()
  tell(handedOut)
  t.same(tell({ type: 'ended' }), [])
  t.same(tell({ type: 'kept' }), [{ do: 'revoke', afterMs: 0 }])
})

t.test(
  'the other side is away: what was handed out is used, or given back, as soon as it is there',
  async (t) => {
    const kept = told(resume({ confirmed: false, leaving: false }))
    t.same(kept.begun.effects, [{ do: 'confirm', afterMs: 0 }])
    const pausesOf = (effects: readonly LoginEffect[]) =>
      effects.map((effect) => 'afterMs' in effect && effect.afterMs / 1000)
    t.same(
      pausesOf(Array.from({ length: 8 }, () => kept.tell({ type: 'unanswered' })).flat()),
      [1, 2, 4, 8, 16, 32, 60, 60],
    )
    const left = told(resume({ confirmed: true, leaving: true }))
    t.same(left.begun.effects, [{ do: 'revoke', afterMs: 0 }])
    const pauses = pausesOf(Array.from({ length: 14 }, () => left.tell({ type: 'unanswered' })).flat())
    t.same(pauses.slice(0, 3), [1, 2, 4])
    t.same(pauses.slice(-2), [3600, 3600])
    t.same(
      told(resume({ confirmed: true, leaving: false })).begun.effects,
      [],
      'what was used is asked nothing',
    )
  },
)

t.test('what is not taken there any more is forgotten', async (t) => {
  for (const leaving of [true, false]) {
    const { tell, state } = told(resume({ confirmed: true, leaving }))
    t.same(tell({ type: 'refused' }), [{ do: 'drop' }])
    t.equal(state().at, 'over')
  }
})

/** Every event, in any order; the world answers effects by them or not. */
const events: fc.Arbitrary<LoginEvent> = fc.oneof(
  fc
    .constantFrom(
      'authorization_pending',
      'slow_down',
      'temporarily_unavailable',
      'access_denied',
      'claimed_by_other',
    )
    .chain((error) =>
      fc.nat(2 * DEADLINE).map((now): LoginEvent => ({ type: 'polled', polled: { error }, now })),
    ),
  fc.constant<LoginEvent>(handedOut),
  fc
    .constantFrom<Exclude<LoginEvent['type'], 'polled'>>(
      'kept',
      'notKept',
      'confirmed',
      'refused',
      'revoked',
      'unanswered',
      'ended',
      'dropped',
    )
    .map((type) => ({ type })),
)

t.test('whatever comes in whatever order', async () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        beginAsking(5_000, DEADLINE),
        resume({ confirmed: false, leaving: false }),
        resume({ confirmed: true, leaving: false }),
        resume({ confirmed: true, leaving: true }),
      ),
      fc.array(events, { maxLength: 40 }),
      (begun, sequence) => {
        const { tell, state } = told(begun)
        let [keeps, drops, wasOver] = [0, 0, false]
        for (const event of sequence) {
          const before = state().at
          const effects = tell(event)
          const kinds = effects.map((effect) => effect.do)
          keeps += kinds.filter((kind) => kind === 'keep').length
          drops += kinds.filter((kind) => kind === 'drop').length
          const isHandedOut = event.type === 'polled' && 'token' in event.polled
          // A second token from one device code is not kept beside the first: the issuer hands out one, and the machine holds to it.
          if (isHandedOut && before === 'asking') assert.deepEqual(kinds, ['keep'])
          if (isHandedOut && before === 'over') assert.deepEqual(kinds, ['giveBack'])
          if (wasOver) {
            assert.equal(state().at, 'over', 'over is for good')
            assert.ok(kinds.every((kind) => kind === 'giveBack'))
          }
          wasOver ||= state().at === 'over'
          assert.ok(effects.length <= 1, 'one thing at a time')
        }
        assert.ok(keeps <= 1, 'one login keeps one token')
        assert.ok(drops <= 1)
        if (state().at === 'claimed') assert.equal(drops, 0, 'what is claimed is kept')
      },
    ),
    { numRuns: 2_000 },
  )
})
