// How much one address may ask for, and how often a code may be wrong: who floods is alone in being refused.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { PairingRequest } from '../../../src/contract/requests.ts'
import { ENDED_CAP, OPEN_CAP, OPEN_OF_ONE_CAP } from '../../../src/daemon/access/enrolments.ts'
import { BEGUN_CAP } from '../../../src/daemon/access/newcomers.ts'
import { PAUSE_MS, WRONG_CODES } from '../../../src/daemon/access/wrong-codes.ts'
import { approver, desk, KITCHEN, OWNER, whyNot } from './desk.ts'

const LIVES_MS = 600_000
const caller = (address: string) => ({ address, device: null })
const PAIRING: Omit<PairingRequest, 'id'> = {
  kind: 'pairing',
  from: { id: 'a'.repeat(64), name: 'laptop', address: '192.168.1.31' },
  direction: 'mutual',
  ours: false,
  openedAt: '2026-11-20T12:00:00Z',
  expiresAt: '2026-11-20T12:01:00Z',
}

t.test('at most five open ones of an address; it is told when the first of them ends', async (t) => {
  const { begin, refused, pass, say } = desk(t)
  const begun = Array.from({ length: OPEN_OF_ONE_CAP }, () => begin())
  pass(100_000)
  t.same(refused(), { retryAfter: 500 })
  begin({}, caller('192.168.1.41'))
  say(begun[0]!.userCode)
  t.same(refused(), { retryAfter: 500 }, 'an approved one is open until it is fetched')
  pass(500_000)
  begin()
})

t.test('an IPv6 network is one address, and an IPv4 address is itself over an IPv6 socket', async (t) => {
  const { begin, refused } = desk(t)
  for (let at = 0; at < OPEN_OF_ONE_CAP; at++) begin({}, caller(`2001:db8:1:2::${at}`))
  t.match(refused({}, caller('2001:db8:1:2:ffff::1')), { retryAfter: 600 })
  begin({}, caller('2001:db8:1:3::1'))
  for (let at = 0; at < OPEN_OF_ONE_CAP; at++) begin({}, caller('::ffff:10.0.0.1'))
  t.match(refused({}, caller('10.0.0.1')), { retryAfter: 600 })
})

t.test('at most ten new ones an hour, however soon they end', async (t) => {
  const { access, begin, refused, pass } = desk(t)
  for (let at = 0; at < BEGUN_CAP; at++) {
    access.deny({ code: begin().userCode }, OWNER)
    pass(60_000)
  }
  t.same(refused(), { retryAfter: 50 * 60 }, 'an hour after the first of them')
  begin({}, caller('192.168.1.41'))
  pass(50 * 60_000)
  begin()
  t.match(refused(), { retryAfter: 60 })
})

t.test('what is refused for its words is not counted', async (t) => {
  const { refused, begin } = desk(t)
  for (let at = 0; at < 50; at++) {
    t.same(refused({ clientId: 'other' }), { error: 'invalid_client' })
    t.same(refused({ scopes: ['everything' as 'admin'] }), { error: 'invalid_scope' })
  }
  t.match(begin({ clientId: 'display', scopes: [] }), { expiresIn: 600 })
})

t.test('at most forty open ones in all, and pairing finds room', async (t) => {
  const { begin, refused, requests, pass } = desk(t)
  for (let at = 0; at < OPEN_CAP; at++) begin({}, caller(`10.0.0.${at}`))
  t.same(refused({}, caller('10.0.1.1')), { retryAfter: 600 })
  const nothing = { approve: () => undefined, deny: () => undefined }
  t.ok(requests.add(PAIRING, nothing), 'a pairing is listed')
  pass(LIVES_MS)
  t.match(requests.list(), [{ kind: 'pairing' }])
  begin({}, caller('10.0.1.1'))
})

t.test('a full list of pairings refuses an enrolment, and nothing of it stays', async (t) => {
  const { refused, requests, begin } = desk(t)
  const nothing = { approve: () => undefined, deny: () => undefined }
  const added = Array.from({ length: 50 }, () => requests.add(PAIRING, nothing))
  t.same(refused(), { retryAfter: 600 })
  for (const each of added) each?.remove()
  begin()
  t.equal(requests.list().length, 1)
})

t.test('10,000 from one address: others and the owner do not notice, and nothing grows', async (t) => {
  const { access, begin, say, poll, requests, pass } = desk(t)
  const others = caller('192.168.1.41')
  const before = begin({}, others)
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const flood = () => {
    let begunOnes = 0
    for (let at = 0; at < 10_000; at++) {
      const begun = access.begin(
        { clientId: 'tallyctl', scopes: [], label: 'x'.repeat(10_000), takeover: false },
        KITCHEN,
      )
      if ('deviceCode' in begun) begunOnes++
    }
    return begunOnes
  }
  t.equal(flood(), OPEN_OF_ONE_CAP)
  collect()
  const heap = process.memoryUsage().heapUsed
  t.equal(flood(), 0)
  collect()
  t.ok(process.memoryUsage().heapUsed - heap < 4_000_000, 'refusals leave nothing')
  t.equal(requests.list().length, OPEN_OF_ONE_CAP + 1)
  t.ok(requests.list().every(({ from }) => from.name.length <= 64))
  const after = begin({}, others)
  say(before.userCode)
  say(after.userCode, { member: 'hall' })
  t.match(await poll(before, others), { member: 'kitchen' })
  t.match(await poll(after, others), { member: 'hall' })
  pass(LIVES_MS)
  t.same(requests.list(), [])
})

t.test('from ever new addresses: what is remembered of those that ended is bounded', async (t) => {
  const { access, begin, poll } = desk(t)
  const first = begin({}, caller('10.0.0.1'))
  access.deny({ code: first.userCode }, OWNER)
  let latest = first
  const anotherEnds = (at: number) => {
    latest = begin({}, caller(`10.1.${at >> 8}.${at & 255}`))
    access.deny({ code: latest.userCode }, OWNER)
  }
  for (let at = 1; at < ENDED_CAP; at++) anotherEnds(at)
  t.same(await poll(first), { error: 'access_denied' })
  for (let at = 0; at < 40; at++) anotherEnds(ENDED_CAP + at)
  t.same(await poll(latest), { error: 'access_denied' })
  t.same(await poll(first), { error: 'invalid_grant' }, 'made room for later ones')
})

t.test('five wrong codes from an address, then a pause of ten minutes', async (t) => {
  const { access, begin, say, pass, kinds } = desk(t)
  const { userCode } = begin()
  const wrong = approver()
  const guess = (at: number) =>
    at % 2 === 0 ? say('BBBB-BBBB', {}, wrong) : access.deny({ code: 'x' }, wrong)
  for (let at = 0; at < WRONG_CODES; at++)
    t.equal(
      whyNot(() => guess(at)),
      'noSuchCode',
    )
  const right = () => whyNot(() => say(userCode, {}, wrong))
  t.equal(right(), 'codesPaused', 'the right one as well')
  t.equal(
    whyNot(() => access.deny({ code: userCode }, wrong)),
    'codesPaused',
  )
  t.equal(kinds().filter((kind) => kind === 'wrongUserCode').length, WRONG_CODES)
  const elsewhere = approver({ address: '192.168.1.10' })
  t.equal(
    whyNot(() => say('BBBB-BBBB', {}, elsewhere)),
    'noSuchCode',
    'others are not paused',
  )
  pass(PAUSE_MS - 1_000)
  t.equal(right(), 'codesPaused')
  const next = begin({ scopes: ['usage:read'] })
  pass(1_000)
  t.ok(say(next.userCode, {}, wrong))
})

t.test('a right code of which nothing comes resets nothing', async (t) => {
  const { begin, say } = desk(t)
  const wrong = approver()
  const own = begin({ scopes: ['admin'] }).userCode
  const next = (code: string) => whyNot(() => say(code, {}, wrong))
  for (let at = 0; at < WRONG_CODES; at++) {
    t.equal(next('BBBB-BBBB'), 'noSuchCode')
    t.equal(next(own), at === WRONG_CODES - 1 ? 'codesPaused' : 'scopeTooWide')
  }
})

t.test('a right code resets the count; the control socket is never paused', async (t) => {
  const { begin, say } = desk(t)
  const wrong = approver()
  const guess = (by = OWNER) => whyNot(() => say('BBBB-BBBB', {}, by))
  const four = () => {
    for (let at = 1; at < WRONG_CODES; at++) t.equal(guess(wrong), 'noSuchCode')
  }
  four()
  say(begin({ scopes: ['usage:read'] }).userCode, {}, wrong)
  four()
  say(begin({ scopes: ['usage:read'] }).userCode, { member: 'hall' }, wrong)
  for (let at = 0; at < 20; at++) t.equal(guess(), 'noSuchCode')
  t.ok(say(begin().userCode, { member: 'attic' }))
})
