// Kills one side at every step of a login or a logout, and says what is left of it. Afterwards the laptop has a token that works, or none,
// and then none stays valid at the desk but for one that nobody used and that ends by itself. The steps are the pieces that pass, encrypted
// as they are.
import type { Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import { failureOf } from '../../harness/devices.ts'
import { wireTo } from '../../mitm/wire.ts'
import { approve, type Both, deskAndLaptop, wanted } from './two.ts'

/** So many at the same time: most of it is waiting. */
const AT_ONCE = 3
/** More pieces than any login has. */
const MOST_STEPS = 60
export const PATIENCE_MS = 60_000

export type Outcome = 'no login' | 'logged in' | 'unused there'

async function outcomeOf({ desk, laptop, url }: Both): Promise<Outcome> {
  const { logins } = await laptop.call('logins.list')
  const { tokens } = await desk.call('tokens.list')
  if (logins.some((each) => each.state === 'claimed')) {
    let failure = ''
    await until(async () => {
      failure = await failureOf(laptop.call('logins.call', { url, method: 'access.whoami', params: {} }))
      // A wire that leads to nobody is hung up.
      return failure !== 'unreachable' && failure !== 'notTallyd'
    }, 'the desk answers')
    if (failure !== 'it worked') throw new Error(`it shows a login that does not work: ${failure}`)
    return 'logged in'
  }
  if (tokens.length === 0) return 'no login'
  if (tokens.every(({ lastUsedAt }) => lastUsedAt === null)) return 'unused there'
  throw new Error('a token that was used is valid there, and nobody has it')
}

export type Victim = 'laptop' | 'desk'

/** Logs in over a wire, and kills one side when piece `step` passes. False where there are not so many. */
export async function killWhileLoggingIn(
  t: Test,
  both: Both,
  step: number,
  victim: Victim,
): Promise<boolean> {
  let killed: Promise<unknown> | null = null
  const { address } = await wireTo(t, both.desk.port, (piece) => {
    if (piece === step) killed = both[victim].end('SIGKILL')
  })
  const isThrough = async () => {
    const { logins } = await both.laptop.call('logins.list')
    const { tokens } = await both.desk.call('tokens.list')
    return logins.some((each) => each.state === 'claimed') && tokens[0]?.lastUsedAt !== null
  }
  const loggingIn = async () => {
    await both.laptop.call('logins.begin', await wanted(both, address))
    await approve(both, { newMember: 'ann' })
    await until(() => killed !== null || isThrough(), 'it is logged in, and has used it', PATIENCE_MS)
  }
  await loggingIn().catch(() => undefined)
  if (killed === null) return false
  await killed
  await both[victim].start()
  // Where the desk was killed the laptop goes on asking, until it is told that nobody knows its code any more.
  await until(
    async () => (await both.laptop.call('logins.list')).logins.every(({ state }) => state !== 'asking'),
    'the laptop asks no more',
    PATIENCE_MS,
  )
  return true
}

/** Runs `one` on fresh devices for each step, until it says that there are not so many. */
export async function atEveryStep(
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
