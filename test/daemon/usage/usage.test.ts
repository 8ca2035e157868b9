// What is asked of usage as a whole: names that do not exist are errors that say which do.
import t from 'tap'
import { UsageHome } from './usage-home.ts'

t.test('an agent or device that does not exist is named, with those that do', async (t) => {
  const home = new UsageHome(t.testdir())
  await home.start()
  t.throws(() => home.summary({ agents: ['cod'] }), {
    error: 'invalidParams',
    message: /no agent is called "cod"/,
    next: 'the agents are claude-code, codex',
  })
  t.throws(() => home.summary({ devices: ['elsewhere'] }), {
    error: 'invalidParams',
    message: /no device is called "elsewhere"/,
  })
  t.equal(home.summary({ agents: ['codex'], devices: ['self'] }).total.calls, 0)
  await home.stop()
})
