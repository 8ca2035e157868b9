// kill -9 of the laptop at every step of a logout.
import t from 'tap'
import { until } from '../../harness/daemon.ts'
import { wireTo } from '../../mitm/wire.ts'
import { atEveryStep, type Outcome, PATIENCE_MS } from './killing.ts'
import { approve, claimed, wanted } from './two.ts'

t.setTimeout(300_000)

t.test('while it logs out: whatever the step, the token is given back after the start', async (t) => {
  const outcomes = new Map<number, Outcome>()
  await atEveryStep(
    t,
    async (both, step) => {
      let isOn = false
      let count = 0
      let killed: Promise<unknown> | null = null
      const { address } = await wireTo(t, both.desk.port, () => {
        if (isOn && count++ === step) killed = both.laptop.end('SIGKILL')
      })
      await both.laptop.call('logins.begin', await wanted(both, address))
      await approve(both, { newMember: 'ann' })
      await claimed(both)
      await both.laptop.call('logins.call', { url: both.url, method: 'access.whoami', params: {} })
      isOn = true
      await both.laptop.call('logins.end', { url: both.url }).catch(() => undefined)
      if (killed === null) return false
      await killed
      await both.laptop.start()
      await until(
        async () => (await both.desk.call('tokens.list')).tokens.length === 0,
        'it is given back after the start',
        PATIENCE_MS,
      )
      return true
    },
    outcomes,
  )
  t.ok(outcomes.size >= 4, `${outcomes.size} steps`)
  t.same([...new Set(outcomes.values())], ['no login'])
})
