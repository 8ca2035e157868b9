// kill -9 of the side that types the code, at every step of a pairing.
import t from 'tap'
import { killAtEveryStep } from './pairing-killing.ts'

t.setTimeout(300_000)

t.test(
  'whatever the step: paired, not paired, or half-paired and saying so; pairing again mends it',
  async (t) => {
    const outcomes = await killAtEveryStep(t, 'typist')
    const steps = [...outcomes].sort(([x], [y]) => x - y)
    t.comment(steps.map(([step, outcome]) => `${step}: ${outcome}`).join(', '))
    t.ok(outcomes.size >= 8, `${outcomes.size} steps`)
    t.equal(outcomes.get(0), 'not paired')
  },
)
