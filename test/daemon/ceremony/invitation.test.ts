// An invitation: three attempts, one at a time, one use, five minutes, whatever the order of events.
import fc from 'fast-check'
import t from 'tap'
import {
  ATTEMPT_LIVES_MS,
  ATTEMPTS,
  type Attempt,
  closedBecause,
  countAttempt,
  endAttempt,
  INVITATION_LIVES_MS,
  type Invitation,
  isLive,
  openInvitation,
  redeem,
} from '../../../src/daemon/ceremony/invitation.ts'

function counted(invitation: Invitation, now: number): { invitation: Invitation; attempt: Attempt } {
  const answer = countAttempt(invitation, now)
  if (typeof answer === 'string') throw new Error(answer)
  return answer
}

t.test('its code has six digits', async (t) => {
  t.equal(openInvitation(0, 0).code, '000000')
  t.equal(openInvitation(4_218, 0).code, '004218')
  t.equal(openInvitation(999_999, 0).code, '999999')
  for (const bad of [-1, 1_000_000, 0.5, Number.NaN]) t.throws(() => openInvitation(bad, 0), RangeError)
})

t.test('three attempts that fail or hang up spend it', async (t) => {
  let invitation = openInvitation(1, 0)
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const next = counted(invitation, attempt)
    t.equal(next.attempt.number, attempt)
    t.equal(next.invitation.attemptsLeft, ATTEMPTS - attempt)
    invitation = endAttempt(next.invitation, next.attempt)
  }
  t.equal(countAttempt(invitation, 10), 'spent')
  t.notOk(isLive(invitation, 10))
})

t.test(
  'one at a time: another is refused and not counted; after ten seconds it is over by itself',
  async (t) => {
    const { invitation, attempt } = counted(openInvitation(1, 0), 100)
    t.equal(countAttempt(invitation, 101), 'busy')
    t.equal(invitation.attemptsLeft, 2)
    t.equal(closedBecause(invitation, 100 + ATTEMPT_LIVES_MS - 1), 'busy')
    const second = counted(invitation, 100 + ATTEMPT_LIVES_MS)
    t.equal(second.attempt.number, 2)
    t.equal(redeem(second.invitation, attempt, 100 + ATTEMPT_LIVES_MS), null, 'the first comes too late')
    t.same(endAttempt(second.invitation, attempt), second.invitation, 'and its end does not end the second')
    t.ok(redeem(second.invitation, second.attempt, 100 + ATTEMPT_LIVES_MS + 1))
  },
)

t.test('one use', async (t) => {
  const { invitation, attempt } = counted(openInvitation(1, 0), 0)
  const used = redeem(invitation, attempt, 1)!
  t.equal(countAttempt(used, 2), 'used')
  t.equal(redeem(used, attempt, 2), null)
  t.notOk(isLive(used, 2))
})

t.test('five minutes; an attempt that was under way may finish', async (t) => {
  const open = openInvitation(1, 1_000)
  const end = 1_000 + INVITATION_LIVES_MS
  t.equal(closedBecause(open, end - 1), null)
  t.equal(countAttempt(open, end), 'expired')
  const { invitation, attempt } = counted(open, end - 1)
  t.ok(isLive(invitation, end))
  t.ok(redeem(invitation, attempt, end + 100))
  t.equal(redeem(invitation, attempt, end - 1 + ATTEMPT_LIVES_MS), null)
  t.notOk(isLive(invitation, end - 1 + ATTEMPT_LIVES_MS))
})

t.test(
  'in any order of events: at most three counted, at most one redeemed, never two in flight',
  async () => {
    const event = fc.record({
      what: fc.constantFrom('count', 'end', 'redeem'),
      which: fc.nat(3),
      wait: fc.nat(2 * ATTEMPT_LIVES_MS),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let invitation = openInvitation(1, 0)
        const attempts: Attempt[] = []
        let [now, redeemed] = [0, 0]
        for (const { what, which, wait } of events) {
          now += wait
          const attempt = attempts[which]
          if (what === 'count') {
            const running = attempts.at(-1)
            const before = invitation
            const answer = countAttempt(invitation, now)
            if (typeof answer === 'string') continue
            if (now >= before.expiresAt || (before.inFlight !== null && now < running!.endsAt)) return false
            attempts.push(answer.attempt)
            invitation = answer.invitation
          } else if (attempt !== undefined && what === 'end') invitation = endAttempt(invitation, attempt)
          else if (attempt !== undefined) {
            const answer = redeem(invitation, attempt, now)
            if (answer === null) continue
            if (now >= attempt.endsAt) return false
            redeemed++
            invitation = answer
          }
        }
        return attempts.length <= ATTEMPTS && redeemed <= 1
      }),
      { seed: 20261121, numRuns: 500 },
    )
  },
)
