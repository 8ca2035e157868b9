// The machine of one enrolment: what each poll is told, and that one approval is one token at most, whatever the order of events.
import fc from 'fast-check'
import t from 'tap'
import {
  beginEnrolment,
  ENROLMENT_LIVES_MS,
  type Enrolment,
  type EnrolmentEffect,
  type EnrolmentEvent,
  enrolmentStep,
  INTERVAL_MS,
  isLive,
  SLOWEST_MS,
} from '../../../src/daemon/access/enrolment.ts'

/** A machine that is told one event after the other; times count from when it began. */
function told() {
  let machine = beginEnrolment<string>(0)
  const tell = (event: EnrolmentEvent<string>): EnrolmentEffect<string>[] => {
    const { state, effects } = enrolmentStep(machine, event)
    machine = state
    return [...effects]
  }
  return {
    tell,
    poll: (now: number) => tell({ type: 'polled', now }),
    approve: (now: number) => tell({ type: 'approved', now, decision: 'yes' }),
    state: (): Enrolment<string> => machine,
  }
}

const answer = (error: string) => [{ type: 'answer', error }]

t.test('pending, approved, redeeming, redeemed', async (t) => {
  const { poll, approve, tell, state } = told()
  t.same(poll(0), answer('authorization_pending'))
  t.same(approve(1), [{ type: 'unlist' }])
  t.equal(state().stage.at, 'approved')
  t.same(poll(5_000), [{ type: 'mint', decision: 'yes' }])
  t.same(poll(10_000), answer('authorization_pending'), 'while it is being written')
  t.same(tell({ type: 'minted' }), [])
  t.notOk(isLive(state()))
  t.same(poll(15_000), answer('invalid_grant'))
  t.same(approve(16_000), [], 'no way back')
  t.same(tell({ type: 'denied', now: 16_000, answer: 'access_denied' }), [])
  t.equal(state().stage.at, 'redeemed')
})

t.test('denied: every poll hears it, until it is forgotten', async (t) => {
  const { poll, approve, tell } = told()
  t.same(tell({ type: 'denied', now: 1, answer: 'access_denied' }), [{ type: 'unlist' }])
  t.same(approve(2), [])
  t.same([poll(3), poll(4), poll(ENROLMENT_LIVES_MS + 1)], Array(3).fill(answer('access_denied')))
})

t.test('expired: whether or not it was approved; a poll that came in time goes on', async (t) => {
  const pending = told()
  t.same(pending.poll(ENROLMENT_LIVES_MS - 1), answer('authorization_pending'))
  t.same(pending.tell({ type: 'passed', now: ENROLMENT_LIVES_MS }), [{ type: 'unlist' }, { type: 'lapsed' }])
  t.same(pending.poll(ENROLMENT_LIVES_MS), answer('expired_token'))
  t.same(pending.approve(ENROLMENT_LIVES_MS), [], 'too late')

  const late = told()
  t.same(late.approve(ENROLMENT_LIVES_MS), [{ type: 'unlist' }, { type: 'lapsed' }], 'the yes itself is late')
  t.equal(late.state().stage.at, 'expired')

  const approved = told()
  approved.approve(1)
  t.same(approved.poll(ENROLMENT_LIVES_MS), [{ type: 'lapsed' }, ...answer('expired_token')])

  const writing = told()
  writing.approve(1)
  writing.poll(ENROLMENT_LIVES_MS - 1)
  t.same(writing.tell({ type: 'passed', now: ENROLMENT_LIVES_MS }), [])
  writing.tell({ type: 'minted' })
  t.equal(writing.state().stage.at, 'redeemed')
})

t.test('a disk that refused: the next poll may succeed, if it comes in time', async (t) => {
  const { poll, approve, tell, state } = told()
  approve(1)
  poll(5_000)
  t.same(tell({ type: 'notMinted', now: 5_001 }), [])
  t.same(poll(10_000), [{ type: 'mint', decision: 'yes' }])
  t.same(tell({ type: 'notMinted', now: ENROLMENT_LIVES_MS }), [{ type: 'lapsed' }])
  t.equal(state().stage.at, 'expired')
})

t.test('what cannot be any more ends it, with its own answer', async (t) => {
  const { poll, approve, tell } = told()
  approve(1)
  poll(5_000)
  t.same(tell({ type: 'failed', answer: 'claimed_by_other' }), answer('claimed_by_other'))
  t.same(poll(10_000), answer('claimed_by_other'))
})

t.test('RFC 8628 §3.5: slow_down adds five seconds, for this and all subsequent requests', async (t) => {
  const { poll, approve, state } = told()
  t.same(poll(100), answer('authorization_pending'), 'the first may come at once')
  t.same(poll(4_000), [{ type: 'answer', error: 'slow_down', interval: 10_000 }])
  t.same(poll(12_000), [{ type: 'answer', error: 'slow_down', interval: 15_000 }], 'remembered')
  t.same(poll(27_000), answer('authorization_pending'))
  approve(28_000)
  t.same(
    poll(29_000),
    [{ type: 'answer', error: 'slow_down', interval: 20_000 }],
    'nor is the token had sooner',
  )
  t.same(poll(49_000), [{ type: 'mint', decision: 'yes' }])
  t.equal(state().interval, 20_000)
})

t.test('a timer that fires a little early is in time', async (t) => {
  const { poll } = told()
  poll(0)
  t.same(poll(INTERVAL_MS - 400), answer('authorization_pending'))
  t.match(poll(2 * INTERVAL_MS - 1_000), [{ error: 'slow_down' }])
})

t.test('a hot loop is never let in, and not kept out for good', async (t) => {
  const { poll, approve, state } = told()
  t.same(poll(0), answer('authorization_pending'))
  approve(0)
  const loop = Array.from({ length: 20_000 }, (_, at) => poll(at + 1))
  t.ok(loop.every(([effect]) => effect?.type === 'answer' && effect.error === 'slow_down'))
  t.equal(state().interval, SLOWEST_MS)
  t.same(poll(20_000 + SLOWEST_MS), [{ type: 'mint', decision: 'yes' }])
})

t.test('its link: once, in time, and only while there is something to answer', async (t) => {
  const opened = (now: number) => ({ type: 'opened', now }) as const
  const used = told()
  t.same(used.tell(opened(1)), [{ type: 'link', is: 'shown' }])
  t.same(used.tell(opened(2)), [{ type: 'link', is: 'used' }])
  t.same(used.poll(3), answer('authorization_pending'), 'opening it says nothing')

  const late = told()
  const [, , last] = late.tell(opened(ENROLMENT_LIVES_MS))
  t.same(last, { type: 'link', is: 'expired' })

  const answered = told()
  answered.approve(1)
  t.same(answered.tell(opened(2)), [{ type: 'link', is: 'gone' }])
})

type Move =
  | { readonly does: 'poll' | 'approve' | 'deny' | 'open' | 'pass' | 'supersede'; readonly after: number }
  | { readonly does: 'written' | 'refused' | 'broken'; readonly after: number }

const move: fc.Arbitrary<Move> = fc.record({
  does: fc.constantFrom(
    'poll',
    'approve',
    'deny',
    'open',
    'pass',
    'supersede',
    'written',
    'refused',
    'broken',
  ),
  after: fc.oneof(fc.integer({ min: 0, max: 7_000 }), fc.integer({ min: 0, max: ENROLMENT_LIVES_MS })),
})

t.test('no sequence of events makes two tokens of one approval, or one without', async () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      const { tell, state } = told()
      let [now, tokens, approvals, writes] = [0, 0, 0, 0]
      const hear = (event: EnrolmentEvent<string>) => {
        const before = state().stage.at
        const effects = tell(event)
        if (event.type === 'approved' && before === 'pending' && state().stage.at === 'approved') approvals++
        for (const effect of effects) {
          if (effect.type !== 'mint') continue
          writes++
          if (tokens > 0 || approvals !== 1 || writes !== 1) throw new Error('it makes another token')
        }
      }
      for (const { does, after } of moves) {
        now += after
        if (does === 'poll') hear({ type: 'polled', now })
        else if (does === 'approve') hear({ type: 'approved', now, decision: 'yes' })
        else if (does === 'supersede') hear({ type: 'superseded', now })
        else if (does === 'deny') hear({ type: 'denied', now, answer: 'access_denied' })
        else if (does === 'open') hear({ type: 'opened', now })
        else if (does === 'pass') hear({ type: 'passed', now })
        else {
          // The disk answers what it was asked; an answer to nothing changes nothing.
          const isAsked = writes > 0
          if (isAsked) writes--
          if (does === 'written') {
            if (isAsked) tokens++
            hear({ type: 'minted' })
          } else if (does === 'refused') hear({ type: 'notMinted', now })
          else hear({ type: 'failed', answer: 'access_denied' })
        }
        const { at } = state().stage
        if (tokens > 1 || (tokens === 1) !== (at === 'redeemed')) throw new Error(`${tokens} tokens, ${at}`)
        if (tokens > approvals || approvals > 1) throw new Error('a token that nobody approved')
      }
    }),
    { numRuns: 3_000 },
  )
})
