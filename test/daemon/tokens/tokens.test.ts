// Members and tokens: what a secret opens, and what ends it.
import t from 'tap'
import { hashOf } from '../../../src/daemon/tokens/token.ts'
import { type StoredToken, TOKENS_CAP } from '../../../src/daemon/tokens/token-data.ts'
import { DEVICE, kept, NOW, order, refusal, storedMember, storedToken } from './kept.ts'

t.test('a secret opens what it was made for, and nothing else does', async (t) => {
  const { tokens, document } = kept(t)
  const made = await tokens.create(
    order('kitchen display', ['dashboard:read'], { label: 'on\u001b  the fridge' }),
  )
  t.match(made, {
    secret: /^tallyd_[A-Za-z0-9_-]{43}$/,
    member: 'kitchen display',
    label: 'on the fridge',
    scopes: ['dashboard:read'],
    origin: 'created',
    createdBy: 'owner',
    lastUsedAt: null,
    expiresAt: null,
  })
  t.match(tokens.authenticate(made.secret, null), {
    id: made.id,
    member: 'kitchen display',
    scopes: ['dashboard:read'],
    device: null,
  })
  t.equal(
    tokens.authenticate(made.secret, DEVICE),
    null,
    'with a certificate it would have to be bound to it',
  )
  for (const wrong of [
    '',
    'tallyd_',
    made.secret.slice(0, -1),
    `${made.secret}A`,
    made.secret.toLowerCase(),
    made.secret.replace('tallyd_', 'tallyds_'),
    ` ${made.secret}`,
    document.value.tokens[0]!.hash,
    made.id,
    'tallyd_'.padEnd(50, 'A'),
    'x'.repeat(1_000_000),
  ]) {
    t.equal(tokens.authenticate(wrong, null), null, wrong.slice(0, 60))
  }
  t.notMatch(JSON.stringify([tokens.list(), tokens.members(), document.value]), made.secret.slice(7))
})

t.test('what has not the form of a token is none, whatever the document holds', async (t) => {
  const tokens = [storedToken(1, { hash: hashOf('password') })]
  t.equal(kept(t, { members: [storedMember(0)], tokens }).tokens.authenticate('password', null), null)
})

t.test('a token that is bound to a certificate is nothing without it', async (t) => {
  const { tokens } = kept(t)
  const { secret } = await tokens.create(order('ann', ['admin'], { origin: 'login', device: DEVICE }))
  t.equal(tokens.authenticate(secret, null), null)
  t.equal(tokens.authenticate(secret, 'b'.repeat(64)), null)
  t.equal(await tokens.giveBack(secret, 'b'.repeat(64)), null, 'nor can another one give it back')
  t.match(tokens.authenticate(secret, DEVICE), { device: DEVICE })
})

t.test('one login a device: the next replaces it, and a claim ends with its token', async (t) => {
  const { tokens, ended, records } = kept(t)
  const login = (member: string) =>
    tokens.create(order(member, ['usage:read'], { origin: 'login', device: DEVICE }))
  t.equal(tokens.claimedBy(DEVICE), null)
  const first = await login('ann')
  t.equal(tokens.claimedBy(DEVICE), 'ann')
  t.same(tokens.members()[0]!.devices, [DEVICE])
  const second = await login('ben')
  t.equal(tokens.claimedBy(DEVICE), 'ben')
  t.same(ended, [first.id])
  t.equal(tokens.authenticate(first.secret, DEVICE), null)
  t.notOk(
    records.some((line) => line.startsWith('deviceReleased')),
    'it was claimed all the time',
  )
  await tokens.giveBack(second.secret, DEVICE)
  t.equal(tokens.claimedBy(DEVICE), null)
  t.same(
    records.filter((line) => /Released|Revoked/.test(line)),
    [
      `tokenRevoked ann replaced by ${second.id}`,
      'deviceReleased ben',
      `tokenRevoked ben by token ${second.id}`,
    ],
  )
})

t.test('names are told apart by what is seen of them', async (t) => {
  const { tokens } = kept(t)
  t.equal((await tokens.addMember(' kitchen \t display\u0000', 'owner')).name, 'kitchen display')
  t.equal(await refusal(tokens.addMember('kitchen display', 'owner')), 'memberExists')
  t.equal(await refusal(tokens.addMember('kitchen\u2028display', 'owner')), 'memberExists')
  await tokens.addMember('caf\u00e9', 'owner')
  t.equal(await refusal(tokens.addMember('cafe\u0301', 'owner')), 'memberExists')
  t.equal((await tokens.renameMember('cafe\u0301', 'bar', 'owner')).name, 'bar')
  t.equal((await tokens.renameMember('bar', 'bar', 'owner')).name, 'bar', 'its own name is not taken')
  for (const nothing of ['\u200b', ' ', '\ud800', '\u0007\u0007']) {
    t.equal(await refusal(tokens.addMember(nothing, 'owner')), 'invalidParams')
    t.equal(await refusal(tokens.create(order('bar', ['usage:read'], { label: nothing }))), 'invalidParams')
  }
  t.same(tokens.list(), [])
})

t.test('an admin token that has expired is none', async (t) => {
  const { tokens, pass } = kept(t)
  const { id } = await tokens.create(order('ann', ['admin']))
  await tokens.create(order('ben', ['admin'], { expiresIn: 60 }))
  pass(60_000)
  t.equal(await refusal(tokens.revoke(id, { by: 'owner', force: false })), 'lastAdmin')
  await tokens.rotate('ann', { scopes: undefined, label: undefined, expiresIn: undefined, by: 'owner' })
  t.match(tokens.list(), [{ member: 'ann', scopes: ['admin'], origin: 'rotated' }], 'its successor is one')
})

t.test('finding one among 5,000 looks at none of the others', async (t) => {
  const at = kept(t, {
    members: [storedMember(0)],
    tokens: Array.from({ length: TOKENS_CAP - 1 }, (_, index) => storedToken(index)),
  })
  const { secret } = await at.tokens.create(order('m0'))
  t.ok(at.tokens.authenticate(secret, null))
  await at.tokens.close()
  let looks = 0
  const { value } = at.document
  const watched = new Proxy(value.tokens as StoredToken[], {
    get(target, name, receiver) {
      looks++
      return Reflect.get(target, name, receiver)
    },
  })
  at.document.value = { ...value, tokens: watched }
  // The first question after a change may look at all of them.
  t.ok(at.tokens.authenticate(secret, null))
  t.ok(looks > TOKENS_CAP, 'the watch watches')
  looks = 0
  t.ok(at.tokens.authenticate(secret, null))
  t.equal(at.tokens.authenticate('tallyd_'.padEnd(50, 'A'), null), null)
  t.equal(looks, 0)
})

t.test('revoking, removing, rotating and giving back end what they name, and tell it once', async (t) => {
  const { tokens, ended } = kept(t)
  const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'c'].map((name) => tokens.create(order(name))))
  await tokens.create(order('d'))
  const by = { by: 'owner', force: false }
  await tokens.revoke(a!.id, by)
  await tokens.removeMember('b', by)
  const { token, revoked } = await tokens.rotate('c', {
    scopes: ['metrics:read'],
    label: undefined,
    expiresIn: 3_600,
    by: 'owner',
  })
  t.same(
    revoked.map(({ id }) => id),
    [c!.id, d!.id],
  )
  t.match(token, {
    origin: 'rotated',
    scopes: ['metrics:read'],
    expiresAt: new Date(NOW + 3_600_000).toISOString(),
  })
  t.same(
    ended,
    [a, b, c, d].map((each) => each!.id),
  )
  for (const each of [a, b, c, d]) t.equal(tokens.authenticate(each!.secret, null), null)
  t.match(await tokens.giveBack(token.secret, null), { id: token.id })
  t.equal(await tokens.giveBack(token.secret, null), null, 'a second time there is none')
  t.equal(await refusal(tokens.revoke(token.id, by)), 'noSuchToken')
  t.match(tokens.list(), [{ member: 'd' }], 'others stay')
  t.equal(tokens.list().length, 1)
})

t.test('whoever may end only its own member’s tokens may not by a name that it had', async (t) => {
  const { tokens } = kept(t)
  const own = await tokens.create(order('kitchen'))
  const beside = await tokens.create(order('kitchen'))
  await tokens.renameMember('kitchen', 'hall', 'owner')
  const other = await tokens.create(order('kitchen'))
  t.same(
    tokens.listBeside(own.id).map(({ id }) => id),
    [own.id, beside.id],
  )
  const limits = { by: `token ${own.id}`, force: false, beside: own.id }
  t.equal(await refusal(tokens.revoke(other.id, limits)), 'noSuchToken')
  await tokens.revoke(beside.id, limits)
  await tokens.revoke(own.id, limits)
  t.same(tokens.listBeside(own.id), [], 'a token that has ended sees nothing')
  t.equal(await refusal(tokens.revoke(other.id, limits)), 'noSuchToken', 'and ends nothing')
})
