// kill -9 of the side that sends, at every step of a transfer.
import t from 'tap'
import { killAtEveryStep } from './killing.ts'

t.setTimeout(300_000)

t.test('whatever the step: the vault holds everything or nothing', async (t) => {
  const left = await killAtEveryStep(t, 'sender')
  t.comment(left.map(({ vault }, step) => `${step}: ${vault}`).join('; '))
  t.ok(left.length >= 8, `${left.length} steps`)
  t.equal(left[0]?.vault, 'nothing')
  t.equal(left.at(-1)?.vault, 'everything')
})
