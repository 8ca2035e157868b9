// Until when a token is valid, whatever clocks do; and what is done about it when it is not.
import { mock } from 'node:test'
import t from 'tap'
import { UNUSED_LIVES_MS } from '../../../src/daemon/tokens/tokens.ts'
import { DEVICE, full, kept, NOW, order, storedMember, storedToken } from './kept.ts'

const MINUTE = 60_000
const later = (ms: number) => new Date(NOW + ms).toISOString()

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

t.test('an expired token opens nothing, and is taken out with its connections when it expires', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { tokens, document, pass, ended, records } = kept(t)
  const short = await tokens.create(order('ann', ['admin'], { expiresIn: 90 }))
  const long = await tokens.create(order('ann', ['admin'], { expiresIn: 3_600 }))
  const advance = async (ms: number) => {
    pass(ms)
    mock.timers.tick(ms)
    await settled()
  }
  await advance(MINUTE)
  await advance(29_999)
  t.ok(tokens.authenticate(short.secret, null))
  t.same(ended, [])
  await advance(1)
  t.equal(tokens.authenticate(short.secret, null), null)
  t.same(ended.slice(0, 1), [short.id], 'told at that moment')
  t.same(
    document.value.tokens.map(({ id }) => id),
    [long.id],
  )
  t.ok(records.includes('tokenExpired ann'))
  t.ok(tokens.authenticate(long.secret, null))
})

t.test('a clock that is set back revives nothing', async (t) => {
  for (const isSeen of [true, false]) {
    const { tokens, document, clock, pass } = kept(t)
    const { secret, id } = await tokens.create(order('ann', ['usage:read'], { expiresIn: 3_600 }))
    document.refusal = full()
    pass(3_600_000)
    if (isSeen) t.equal(tokens.authenticate(secret, null), null)
    clock.wall = NOW - 86_400_000
    t.equal(tokens.authenticate(secret, null), null, `seen before: ${isSeen}`)
    t.same(tokens.list(), [])
    t.match(document.value.tokens, [{ id }], 'though the disk still has it')
    document.refusal = null
    await tokens.expire()
    t.same(document.value.tokens, [])
  }
})

t.test('what was over before a stop is over after it, though nobody had looked yet', async (t) => {
  const { tokens, document, clock } = kept(t)
  const { secret } = await tokens.create(order('ann', ['usage:read'], { expiresIn: 3_600 }))
  // No timer hears of a clock that is set.
  clock.wall += 3_600_000
  t.equal(tokens.authenticate(secret, null), null)
  clock.wall = NOW
  await tokens.close()
  t.same(document.value.tokens, [])
})

t.test('a clock that is set back does not make a token live longer', async (t) => {
  const { tokens, clock } = kept(t)
  const { secret } = await tokens.create(order('ann', ['usage:read'], { expiresIn: 3_600 }))
  clock.wall -= 86_400_000
  clock.monotonic += 3_599_999
  t.ok(tokens.authenticate(secret, null))
  clock.monotonic += 1
  t.equal(tokens.authenticate(secret, null), null)
})

t.test('a machine that slept is as late as its wall clock', async (t) => {
  const { tokens, clock } = kept(t)
  const { secret } = await tokens.create(order('ann', ['usage:read'], { expiresIn: 3_600 }))
  clock.wall += 3_600_000
  t.equal(tokens.authenticate(secret, null), null)
  clock.wall = NOW
  t.equal(tokens.authenticate(secret, null), null, 'and what was seen to be over stays so')
})

t.test('a disk that refuses does not keep an expired token valid, nor its connections open', async (t) => {
  const { tokens, document, pass, ended, records } = kept(t)
  const { secret, id } = await tokens.create(order('ann', ['usage:read'], { expiresIn: 60 }))
  const before = records.length
  pass(MINUTE)
  document.refusal = full()
  await t.rejects(tokens.expire(), { message: /not changed \(ENOSPC\)/ })
  t.equal(tokens.authenticate(secret, null), null)
  t.ok(ended.includes(id))
  t.equal(records.length, before, 'nothing is recorded that did not happen')
})

t.test('who was handed a token and did not use it for ten minutes loses it', async (t) => {
  for (const origin of ['enrolled', 'login', 'created', 'rotated'] as const) {
    for (const isUsed of [true, false]) {
      const { tokens, document, pass, ended, records } = kept(t)
      const isHandedOut = origin === 'enrolled' || origin === 'login'
      const { secret, id } = await tokens.create(order('ann', ['usage:read'], { origin, device: DEVICE }))
      if (isUsed) t.ok(tokens.authenticate(secret, DEVICE))
      pass(UNUSED_LIVES_MS - 1)
      await tokens.expire()
      t.same(ended, [], `${origin}, used: ${isUsed}`)
      pass(1)
      const isOver = isHandedOut && !isUsed
      t.equal(tokens.authenticate(secret, DEVICE) === null, isOver, 'a first use that is late is none')
      await tokens.expire()
      t.same([...new Set(ended)], isOver ? [id] : [])
      t.equal(records.includes('tokenUnused ann'), isOver)
      t.equal(document.value.tokens.length, isOver ? 0 : 1)
      t.equal(tokens.claimedBy(DEVICE), origin === 'login' && isUsed ? 'ann' : null)
    }
  }
})

t.test('ten minutes are ten minutes over a restart with a clock that was set back', async (t) => {
  const unused = storedToken(1, { origin: 'enrolled', createdAt: later(86_400_000) })
  const { tokens, clock, ended } = kept(t, { members: [storedMember(0)], tokens: [unused] })
  t.equal(tokens.list().length, 1)
  clock.monotonic += UNUSED_LIVES_MS
  await tokens.expire()
  t.ok(ended.includes(unused.id))
  t.same(tokens.list(), [])
})

t.test('a first use just before the end counts, also while the token is being taken out', async (t) => {
  const { tokens, document, pass } = kept(t)
  const { secret } = await tokens.create(order('ann', ['usage:read'], { origin: 'enrolled' }))
  pass(UNUSED_LIVES_MS - 1)
  t.ok(tokens.authenticate(secret, null))
  pass(1)
  await tokens.expire()
  t.ok(tokens.authenticate(secret, null))
  await tokens.close()
  t.match(document.value.tokens, [{ lastUsedAt: later(UNUSED_LIVES_MS) }])
})
