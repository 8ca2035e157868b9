// kill -9 of the side that receives, at every step of a transfer.
import t from 'tap'
import { killAtEveryStep, type Left } from './killing.ts'

t.setTimeout(300_000)

t.test(
  'whatever the step: the vault holds everything or nothing, and the sender does not say otherwise',
  async (t) => {
    const isToldAgain = ({ sender }: Left) => sender === 'committed, asked again'
    let left = await killAtEveryStep(t, 'receiver')
    // On a busy machine what passes is cut into other pieces each time, so that a sweep may step over the moment.
    for (let more = 0; more < 3 && !left.some(isToldAgain); more++) {
      left = [...left, ...(await killAtEveryStep(t, 'receiver'))]
    }
    t.comment(left.map(({ vault, sender }, step) => `${step}: ${vault} (${sender})`).join('; '))
    t.ok(left.length >= 8, `${left.length} steps`)
    t.match(left[0], { vault: 'nothing' })
    for (const { vault, sender } of left) {
      if (sender?.startsWith('committed') === true) t.equal(vault, 'everything')
      else t.equal(vault, 'nothing', `the sender says ${sender}`)
    }
    t.ok(left.some(isToldAgain), 'one was killed after it was saved and before it was told')
  },
)
