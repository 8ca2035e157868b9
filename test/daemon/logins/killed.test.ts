// kill -9 of the laptop at every step of a login and of a logout. Afterwards it has a token that works, or none, and then none stays
// valid at the desk that was not there before it was killed, but for one that nobody used and that ends by itself.
import t, { type Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import { failureOf } from '../../harness/devices.ts'
import { wireTo } from '../../mitm/wire.ts'
import { approve, type Both, claimed, deskAndLaptop, wanted } from './two.ts'

/** So many at the same time: most of it is waiting. */
const AT_ONCE = 3
/** More pieces than any login has. */
const MOST_STEPS = 60
const PATIENCE_MS = 60_000

type Outcome = 'no login' | 'logged in' | 'unused there'

async function outcomeOf({ desk, laptop, url }: Both): Promise<Outcome> {
  const { logins } = await laptop.call('logins.list')
  const { tokens } = await desk.call('tokens.list')
  if (logins.some((each) => each.state === 'claimed')) {
    const asking = laptop.call('logins.call', { url, method: 'access.whoami', params: {} })
    return (await failureOf(asking)) === 'it worked' ? 'logged in' : 'no login'
  }
  if (tokens.length === 0) return 'no login'
  if (tokens.every(({ lastUsedAt }) => lastUsedAt === null)) return 'unused there'
  throw new Error('a token that was used is valid there, and nobody has it')
}

/** Runs `act` over a wire, and kills the laptop when piece `step` passes. False where there are no such many. */
async function killAt(
  t: Test,
  both: Both,
  step: number,
  act: (address: string) => Promise<void>,
): Promise<boolean> {
  let killed: Promise<unknown> | null = null
  const { address } = await wireTo(t, both.desk.port, (piece) => {
    if (piece === step) killed = both.laptop.end('SIGKILL')
  })
  await act(address).catch(() => undefined)
  if (killed === null) return false
  await killed
  await both.laptop.start()
  return true
}

async function atEveryStep(
  t: Test,
  one: (both: Both, step: number) => Promise<boolean>,
  outcomes: Map<number, Outcome>,
): Promise<void> {
  let [next, isOver] = [0, false]
  const goOn = async () => {
    while (!isOver && next < MOST_STEPS) {
      const step = next++
      const both = await deskAndLaptop(t)
      if (await one(both, step)) outcomes.set(step, await outcomeOf(both))
      else isOver = true
      await Promise.all([both.desk.end('SIGKILL'), both.laptop.end('SIGKILL')])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, goOn))
}

t.test('while it logs in', { timeout: 300_000 }, async (t) => {
  const outcomes = new Map<number, Outcome>()
  await atEveryStep(
    t,
    (both, step) =>
      killAt(t, both, step, async (address) => {
        await both.laptop.call('logins.begin', await wanted(both, address))
        await approve(both, { newMember: 'ann' })
        await until(
          async () => {
            const { logins } = await both.laptop.call('logins.list')
            const { tokens } = await both.desk.call('tokens.list')
            return logins.some((each) => each.state === 'claimed') && tokens[0]?.lastUsedAt !== null
          },
          'it is logged in, and has used it',
          PATIENCE_MS,
        )
      }),
    outcomes,
  )
  t.comment(JSON.stringify([...outcomes].sort(([a], [b]) => a - b)))
  t.ok(outcomes.size >= 12, `${outcomes.size} steps`)
  t.ok([...outcomes.values()].includes('no login'), 'killed early there is none')
  t.ok([...outcomes.values()].includes('logged in'), 'killed late there is one')
})

t.test('while it logs out', { timeout: 300_000 }, async (t) => {
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
