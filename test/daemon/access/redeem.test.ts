// From a client that asks to the token that it fetches, with real tokens: one token from one approval, none without.
import t from 'tap'
import { desk } from './desk.ts'

t.test('a client asks, the owner types its code, the client fetches a token once', async (t) => {
  const { begin, poll, say, pass, requests, tokens, kinds } = desk(t)
  const begun = begin()
  t.match(begun.userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
  t.match(begun.deviceCode, /^[A-Za-z0-9_-]{43}$/)
  t.match(begun.link, /^[A-Za-z0-9_-]{43}$/)
  t.match(begun, { expiresIn: 600, interval: 5 })
  t.match(requests.list(), [{ kind: 'enrolment', from: { id: null, name: 'kitchen display' } }])
  t.same(await poll(begun), { error: 'authorization_pending' })
  const { granted } = say(begun.userCode.toLowerCase().replace('-', ' '))
  t.same(granted, {
    member: 'kitchen',
    scopes: ['dashboard:read'],
    label: 'kitchen display',
    expiresAt: null,
  })
  t.same(requests.list(), [], 'nobody has to answer it any more')
  t.same(tokens.list(), [], 'the yes alone makes no token')
  pass(5_000)
  const handed = await poll(begun)
  if (!('token' in handed)) throw new Error(JSON.stringify(handed))
  t.match(handed, { member: 'kitchen', scopes: ['dashboard:read'], expiresIn: null })
  t.match(tokens.authenticate(handed.token, null), { id: handed.tokenId, member: 'kitchen' })
  t.match(tokens.list(), [{ origin: 'enrolled', createdBy: 'owner', device: null, label: 'kitchen display' }])
  pass(5_000)
  t.same(await poll(begun), { error: 'invalid_grant' }, 'once')
  t.equal(tokens.list().length, 1)
  const asked = ['enrolmentAsked', 'enrolmentApproved', 'memberAdded', 'tokenCreated', 'enrolmentRedeemed']
  t.same(kinds(), [...asked, 'redemptionRefused'])
  t.throws(() => say(begun.userCode), { message: /no enrolment has that code/ })
})
