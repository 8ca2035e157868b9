// kill -9 of the side that receives, at every step of a transfer.
import t from 'tap'
import { killAtEveryStep } from './killing.ts'

t.setTimeout(300_000)

t.test(
  'whatever the step: the vault holds everything or nothing, and the sender does not say otherwise',
  async (t) => {
    const left = await killAtEveryStep(t, 'receiver')
    t.comment(left.map(({ vault, sender }, step) => `${step}: ${vault} (${sender})`).join('; '))
    t.ok(left.length >= 8, `${left.length} steps`)
    t.match(left[0], { vault: 'nothing' })
    for (const { vault, sender } of left) {
      if (sender?.startsWith('committed') === true) t.equal(vault, 'everything')
      else t.equal(vault, 'nothing', `the sender says ${sender}`)
    }
    t.ok(
      left.some(({ sender }) => sender === 'committed, asked again'),
      'one was killed after it was saved and before it was told',
    )
  },
)
