// kill -9 of the laptop at every step of a login.
import t from 'tap'
import { atEveryStep, killWhileLoggingIn, type Outcome } from './killing.ts'

t.setTimeout(300_000)

t.test('while the laptop logs in: a token that works, or none; at most an unused one is left', async (t) => {
  const outcomes = new Map<number, Outcome>()
  await atEveryStep(t, (both, step) => killWhileLoggingIn(t, both, step, 'laptop'), outcomes)
  t.comment(JSON.stringify([...outcomes].sort(([a], [b]) => a - b)))
  t.ok(outcomes.size >= 12, `${outcomes.size} steps`)
  t.ok([...outcomes.values()].includes('no login'), 'killed early there is none')
  t.ok([...outcomes.values()].includes('logged in'), 'killed late there is one')
})
