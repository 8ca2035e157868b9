// Time: what is over ends by itself, with one timer, and a wall clock that jumps changes nothing.
import t from 'tap'
import { desk } from './desk.ts'

t.test('expired requests leave the list as time passes, without anybody asking', async (t) => {
  const { begin, requests, pass, wakes, kinds, changes } = desk(t)
  begin()
  pass(100_000)
  begin()
  t.equal(wakes.size, 1, 'one timer for all')
  t.equal(requests.list().length, 2)
  const before = changes()
  pass(500_000)
  t.equal(requests.list().length, 1)
  t.equal(changes(), before + 1, 'whoever watches hears of it')
  pass(100_000)
  t.same(requests.list(), [])
  t.equal(kinds().filter((kind) => kind === 'enrolmentExpired').length, 2)
  t.equal(wakes.size, 1)
  pass(3_600_000)
  t.equal(wakes.size, 0, 'nothing is left to be forgotten')
})

t.test('late, but told why: an hour long', async (t) => {
  const { begin, poll, pass } = desk(t)
  const begun = begin()
  pass(600_000)
  t.same(await poll(begun), { error: 'expired_token' })
  pass(3_599_000)
  t.same(await poll(begun), { error: 'expired_token' })
  pass(2_000)
  t.same(await poll(begun), { error: 'invalid_grant' })
})

for (const [jump, days] of [
  ['forwards', 400],
  ['backwards', -400],
] as const) {
  t.test(`a wall clock that jumps ${jump} ends nothing and prolongs nothing`, async (t) => {
    const { begin, poll, say, pass, held, requests } = desk(t)
    const [kept, ended] = [begin(), begin()]
    t.same(await poll(kept), { error: 'authorization_pending' })
    held.wall += days * 86_400_000
    t.match(await poll(kept), { error: 'slow_down' })
    pass(10_000)
    t.same(await poll(kept), { error: 'authorization_pending' })
    t.equal(requests.list().length, 2)
    say(kept.userCode)
    pass(10_000)
    t.match(await poll(kept), { member: 'kitchen' })
    pass(580_000)
    t.same(await poll(ended), { error: 'expired_token' })
  })
}

t.test('after it stopped nothing is open, listed, or waited for', async (t) => {
  const { access, begin, poll, say, requests, wakes } = desk(t)
  const begun = begin()
  say(begun.userCode)
  begin()
  access.stop()
  t.same(requests.list(), [])
  t.equal(wakes.size, 0)
  t.same(await poll(begun), { error: 'invalid_grant' }, 'as after a restart')
})
