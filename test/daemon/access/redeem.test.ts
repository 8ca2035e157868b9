// From a client that asks to the token that it fetches, with real tokens: one token from one approval, none without.

import fc from 'fast-check'
import t from 'tap'
import { ASKED, approver, DEVICE, desk, KITCHEN, OWNER, whyNot } from './desk.ts'

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
    identity: 'redacted',
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

t.test('no one else has use of a device code, and no one else ends it', async (t) => {
  const { begin, poll, say, recorded } = desk(t)
  const begun = begin()
  say(begun.userCode)
  t.same(await poll({ ...begun, deviceCode: 'A'.repeat(43) }), { error: 'invalid_grant' })
  t.same(await poll({ ...begun, deviceCode: 'x'.repeat(1_000_000) }), { error: 'invalid_grant' })
  t.same(await poll({ ...begun, deviceCode: begun.link }), { error: 'invalid_grant' }, 'a link is no code')
  t.same(await poll(begun, KITCHEN, 'display'), { error: 'invalid_grant' }, 'another client')
  t.same(await poll(begun, KITCHEN, 'stranger'), { error: 'invalid_client' })
  t.same(await poll(begun, { ...KITCHEN, device: DEVICE }), { error: 'invalid_grant' }, 'a certificate')
  const refused = recorded.filter(({ what }) => what === 'redemptionRefused').map(({ detail }) => detail)
  const unknown = Array(3).fill('unknown device code')
  t.same(refused, [...unknown, 'another client', 'another certificate'])
  t.match(await poll(begun), { member: 'kitchen' }, 'none of it was a poll')

  const bound = begin({}, { address: '192.168.1.7', device: DEVICE })
  say(bound.userCode, { member: 'studio' })
  t.same(await poll(bound), { error: 'invalid_grant' }, 'without the certificate')
  t.same(
    await poll(bound, { ...KITCHEN, device: 'e'.repeat(64) }),
    { error: 'invalid_grant' },
    'with another',
  )
  t.match(await poll(bound, { address: '10.9.8.7', device: DEVICE }), { member: 'studio' }, 'from anywhere')
})

t.test('a poll that comes too soon hears how long to wait, and gets nothing', async (t) => {
  const { begin, poll, say, pass, made } = desk(t)
  const begun = begin()
  await poll(begun)
  t.same(await poll(begun), { error: 'slow_down', interval: 10 })
  say(begun.userCode)
  t.same(await poll(begun), { error: 'slow_down', interval: 15 })
  t.equal(made(), 0)
  pass(15_000)
  t.match(await poll(begun), { member: 'kitchen' })
})

t.test('two polls at once are one token; whoever comes second is told to wait', async (t) => {
  const { begin, poll, say, pass, disk, made } = desk(t)
  const begun = begin()
  say(begun.userCode)
  let release: () => void = () => undefined
  disk.held = new Promise((resolve) => {
    release = resolve
  })
  const first = poll(begun)
  t.match(await poll(begun), { error: 'slow_down' })
  pass(60_000)
  t.same(await poll(begun), { error: 'authorization_pending' }, 'while it is being written')
  release()
  t.match(await first, { member: 'kitchen' })
  t.equal(made(), 1)
})

t.test('a disk that refuses: nothing is lost, and the next poll gets the token', async (t) => {
  const { begin, poll, say, pass, disk, made, kinds } = desk(t)
  const begun = begin()
  say(begun.userCode)
  disk.broken = true
  await t.rejects(poll(begun), { error: 'stateUnwritable', message: /ENOSPC/ })
  t.equal(made(), 0)
  disk.broken = false
  pass(5_000)
  t.match(await poll(begun), { member: 'kitchen' })
  t.equal(made(), 1)
  t.equal(kinds().filter((kind) => kind === 'enrolmentRedeemed').length, 1)
})

t.test(
  'a crash after the token was written: nobody holds it, and ten minutes later it opens nothing',
  async (t) => {
    const { access, begin, poll, say, tokens, held, made, kinds } = desk(t)
    const begun = begin()
    say(begun.userCode)
    const lost = await poll(begun)
    access.stop()
    t.same(await poll(begun), { error: 'invalid_grant' }, 'the client has to begin again')
    held.wall += 599_000
    await tokens.expire()
    t.equal(made(), 1)
    held.wall += 1_000
    await tokens.expire()
    t.equal(made(), 0)
    t.ok(kinds().includes('tokenUnused'))
    t.equal(tokens.authenticate('token' in lost ? lost.token : '', null), null)
  },
)

t.test('an approval whose member is gone, or was made by somebody else, makes nothing', async (t) => {
  const { begin, poll, say, tokens, made, pass } = desk(t)
  await tokens.addMember('hall', 'owner')
  const [gone, taken] = [begin(), begin()]
  say(gone.userCode, { member: 'hall', exists: 'must' })
  say(taken.userCode, { member: 'attic' })
  await tokens.removeMember('hall', { by: 'owner', force: false })
  await tokens.addMember('attic', 'owner')
  t.same(await poll(gone), { error: 'access_denied' })
  t.same(await poll(taken), { error: 'access_denied' })
  pass(5_000)
  t.same(await poll(taken), { error: 'access_denied' }, 'for good')
  t.equal(made(), 0)
})

t.test('a claim that changed between the yes and the poll is not overwritten', async (t) => {
  const { begin, poll, say, tokens, kinds, made } = desk(t)
  const studio = { address: '192.168.1.7', device: DEVICE }
  // Of two clients on that device: one of them does not end what the other asks for.
  const [ann, bob] = [begin({}, studio), begin({ clientId: 'display' }, studio)]
  say(ann.userCode, { member: 'ann' })
  say(bob.userCode, { member: 'bob' })
  const both = await Promise.all([poll(ann, studio), poll(bob, studio, 'display')])
  t.match(both, [{ member: 'ann' }, { error: 'claimed_by_other' }])
  t.equal(tokens.claimedBy(DEVICE), 'ann')
  t.ok(kinds().includes('claimRefused'))
  t.equal(made(), 1)
})

t.test('the time that a token lives counts from the yes; over before the poll, there is none', async (t) => {
  const { begin, poll, say, pass, made } = desk(t)
  const [soon, late] = [begin(), begin()]
  say(soon.userCode, { expiresIn: 3_600 })
  say(late.userCode, { member: 'hall', expiresIn: 60 })
  pass(60_000)
  t.match(await poll(soon), { expiresIn: 3_540 })
  t.same(await poll(late), { error: 'expired_token' })
  t.equal(made(), 1)
})

t.test('its link opens once, in time, and says nothing of the code', async (t) => {
  const { access, begin, pass, kinds, say } = desk(t)
  const [used, late, answered] = [begin(), begin(), begin()]
  const opened = access.open(used.link)
  t.match(opened, { kind: 'enrolment', from: { name: 'kitchen display' } })
  t.notOk(JSON.stringify(opened).includes(used.userCode))
  t.equal(
    whyNot(() => access.open(used.link)),
    'linkUsed',
  )
  say(answered.userCode)
  t.equal(
    whyNot(() => access.open(answered.link)),
    'noSuchRequest',
  )
  for (const none of ['x'.repeat(43), 'x'.repeat(1_000_000), used.deviceCode]) {
    t.equal(
      whyNot(() => access.open(none)),
      'noSuchRequest',
    )
  }
  pass(600_000)
  t.equal(
    whyNot(() => access.open(late.link)),
    'linkExpired',
  )
  t.equal(
    whyNot(() => access.open(used.link)),
    'linkUsed',
  )
  t.equal(kinds().filter((kind) => kind === 'linkOpened').length, 5)
})

t.test('no code and no link is in what is listed, recorded, or stored', async (t) => {
  const { access, begin, poll, say, requests, recorded, tokens, pass } = desk(t)
  const begun = begin()
  const listed = JSON.stringify(requests.list())
  access.open(begun.link)
  await poll(begun)
  pass(5_000)
  const { approved } = say(begun.userCode)
  const handed = await poll(begun)
  pass(5_000)
  await poll(begun)
  const everything = listed + JSON.stringify([approved, recorded, tokens.list(), tokens.members()])
  const secrets = [begun.deviceCode, begun.link, begun.userCode, begun.userCode.replace('-', '')]
  for (const secret of [...secrets, 'token' in handed ? handed.token : 'none']) {
    t.notOk(everything.includes(secret))
  }
})

const often = fc.constantFrom('poll', 'approve', 'begin', 'roomy')
const seldom = fc.constantFrom('deny', 'denyById', 'open', 'full', 'restart')
const move = fc.record({
  does: fc.oneof({ weight: 8, arbitrary: often }, { weight: 1, arbitrary: seldom }),
  whose: fc.nat({ max: 3 }),
  by: fc.constantFrom(OWNER, approver({ scopes: ['admin'] })),
  after: fc.constantFrom(0, 5_000, 30_000, 30_000, 400_000),
})

t.test('with real tokens: as many as were fetched, each from a yes of its own, in any order', async (t) => {
  let handedOut = 0
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 10, maxLength: 40 }), async (moves) => {
      const { access, begin, poll, say, pass, requests, disk, made } = desk(t)
      const begun = [begin()]
      const approved = new Set<string>()
      const fetched = new Set<string>()
      for (const { does, whose, by, after } of moves) {
        const one = begun[whose % begun.length]!
        if (does === 'begin' && begun.length < 4) begun.push(begin())
        else if (does === 'approve') {
          const said = whyNot(() => say(one.userCode, { member: `m${begun.indexOf(one)}` }, by))
          if (said === 'nothing' && approved.size === approved.add(one.deviceCode).size) {
            throw new Error('approved twice')
          }
        } else if (does === 'poll') {
          const answer = await poll(one).catch(() => ({ error: 'stateUnwritable' }))
          if ('token' in answer) {
            if (fetched.has(one.deviceCode) || !approved.has(one.deviceCode))
              throw new Error('a token too many')
            fetched.add(one.deviceCode)
          }
        } else if (does === 'deny') whyNot(() => access.deny({ code: one.userCode }, by))
        else if (does === 'denyById') whyNot(() => requests.deny(requests.list()[0]?.id, 'owner'))
        else if (does === 'open') whyNot(() => access.open(one.link))
        else if (does === 'full') disk.broken = true
        else if (does === 'roomy') disk.broken = false
        else if (does === 'restart') access.stop()
        pass(after)
        if (made() !== fetched.size) throw new Error(`${made()} made, ${fetched.size} fetched`)
      }
      handedOut += fetched.size
    }),
    { numRuns: 300 },
  )
  t.ok(handedOut > 20, `${handedOut} were handed out`)
})

t.test('a device that asks anew has given up what it asked for before, also after a yes', async (t) => {
  const { access, begin, say, poll, pass, requests, tokens, kinds } = desk(t)
  const laptop = { address: '192.168.1.50', device: DEVICE }
  const [other, bearer] = [{ ...laptop, device: 'e'.repeat(64) }, KITCHEN]
  const [first, theirs, none] = [begin({}, laptop), begin({}, other), begin({}, bearer)]
  say(first.userCode, { member: 'zoe' })
  const second = begin({}, laptop)
  t.equal(requests.list().length, 3, 'those of others stay')
  pass(5_000)
  t.match(await poll(first, laptop), { error: 'expired_token' })
  say(second.userCode, { member: 'zoe' })
  t.match(await poll(second, laptop), { token: /^tallyd_/ })
  t.equal(tokens.members().length, 1)
  for (const [begun, caller] of [
    [theirs, other],
    [none, bearer],
  ] as const) {
    t.match(await poll(begun, caller), { error: 'authorization_pending' })
  }
  t.equal(kinds().filter((kind) => kind === 'enrolmentExpired').length, 1)
  // Who has no certificate is known by an address, which others have too.
  begin({}, bearer)
  pass(5_000)
  t.match(await poll(none, bearer), { error: 'authorization_pending' })
  for (let i = 0; i < 8; i++) t.ok('deviceCode' in access.begin(ASKED, laptop) || i > 4)
})

t.test('a name that a yes of before is about to add: it is said why it is taken', async (t) => {
  const { begin, say } = desk(t)
  say(begin().userCode, { member: 'zoe' })
  const { userCode } = begin()
  t.throws(() => say(userCode, { member: 'zoe' }), { message: /about to add "zoe", within 10 min/ })
})
