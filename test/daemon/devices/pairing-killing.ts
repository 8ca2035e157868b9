// Kills one of two devices at every step of a pairing by code, and says what is left of it. The steps are the pieces that pass between
// them, encrypted as they are, from the first of the handshake to the last of the settlement.
import type { Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import { areLive, type Device, devices, pairByCode } from '../../harness/devices.ts'
import { wireTo } from '../../mitm/wire.ts'

export type Victim = 'typist' | 'inviter'
export type Outcome = 'not paired' | 'paired' | 'half-paired'

/** So many at the same time, so that the waits of one are the work of another. */
const AT_ONCE = 4
/** More pieces than any pairing has. */
const MOST_STEPS = 60

/** What came of each step, by its number. Throws where something else came of it, or where pairing again did not mend it. */
export async function killAtEveryStep(t: Test, victim: Victim): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>()
  let [next, isOver] = [0, false]
  const goOn = async () => {
    while (!isOver && next < MOST_STEPS) {
      const step = next++
      const [typist, inviter] = (await devices(t, 2)) as [Device, Device]
      const outcome = await killAt(t, step, { typist, inviter }, victim)
      if (outcome === null) isOver = true
      else outcomes.set(step, outcome)
      await pairByCode(typist, inviter)
      await Promise.all([typist.end('SIGKILL'), inviter.end('SIGKILL')])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  return outcomes
}

/** null where the pairing was over before. */
async function killAt(
  t: Test,
  step: number,
  both: Readonly<Record<Victim, Device>>,
  victim: Victim,
): Promise<Outcome | null> {
  const { typist, inviter } = both
  const { invited } = await inviter.call('pairing.invite')
  let [killed, isDone] = [null as Promise<unknown> | null, false]
  const { address } = await wireTo(t, inviter.port, (piece) => {
    if (piece === step && !isDone) killed = both[victim].end('SIGKILL')
  })
  await typist.call('pairing.join', { address, code: invited.code }).catch(() => undefined)
  isDone = true
  if (killed === null) return null
  await killed
  await both[victim].start()
  return outcomeOf(both)
}

async function outcomeOf({ typist, inviter }: Readonly<Record<Victim, Device>>): Promise<Outcome> {
  const isPaired = async (one: Device, other: Device) => (await one.row(other))?.state === 'paired'
  const [there, here] = [await isPaired(typist, inviter), await isPaired(inviter, typist)]
  if (there && here) {
    await areLive(typist, inviter)
    return 'paired'
  }
  if (!there && !here) return 'not paired'
  const [paired, other] = there ? [typist, inviter] : [inviter, typist]
  // A device that is paired with nobody answers nobody: until its owner opens it, it is only not to be reached.
  await other.call('sharing.set', { mode: 'always' })
  await until(async () => (await paired.row(other))?.problem?.code === 'halfPaired', 'it says half-paired')
  return 'half-paired'
}
