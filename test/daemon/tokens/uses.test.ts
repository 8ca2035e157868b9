// When a token was last used: what of it is written, and when.
import { mock } from 'node:test'
import t from 'tap'
import { full, kept, NOW, order } from './kept.ts'

t.test('a first use is written at once, further ones every 30 seconds', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { tokens, document, pass } = kept(t)
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  const made = await Promise.all(Array.from({ length: 40 }, (_, index) => tokens.create(order(`m${index}`))))
  const before = document.writes
  for (const { secret } of made) tokens.authenticate(secret, null)
  await settle()
  t.ok(document.value.tokens.every(({ lastUsedAt }) => lastUsedAt === new Date(NOW).toISOString()))
  t.ok(document.writes - before <= 2, `40 first uses took ${document.writes - before} writes`)
  const first = document.writes
  for (let second = 0; second < 29; second++) {
    pass(1_000)
    mock.timers.tick(1_000)
    for (const { secret } of made) tokens.authenticate(secret, null)
    await settle()
  }
  t.equal(document.writes, first)
  const shown = new Date(NOW + 29_000).toISOString()
  t.ok(
    tokens.list().every(({ lastUsedAt }) => lastUsedAt === shown),
    'what is shown is new all the same',
  )
  document.refusal = full()
  mock.timers.tick(2_000)
  await settle()
  t.equal(document.writes, first, 'the disk refused')
  document.refusal = null
  mock.timers.tick(30_000)
  await settle()
  t.equal(document.writes, first + 1, 'it was asked again')
  t.ok(document.value.tokens.every(({ lastUsedAt }) => lastUsedAt === shown))
  tokens.authenticate(made[0]!.secret, null)
  await tokens.close()
  t.equal(document.writes, first + 2, 'the end writes what is not written')
})
