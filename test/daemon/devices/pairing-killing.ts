// Kills one of two devices at every step of a pairing by code, and says what is left of it. The steps are the pieces that pass between
// them, encrypted as they are, from the first of the handshake to the last of the settlement.
import type { Test } from 'tap'
import { until } from '../../harness/daemon.ts'
import { areLive, type Device, devices, pairByCode } from '../../harness/devices.ts'
import { wireTo } from '../../mitm/wire.ts'

export type Victim = 'typist' | 'inviter'
/** What the two were before: strangers, or paired, with tokens that are about to be replaced. */
export type Before = 'strangers' | 'paired'
export type Outcome = 'not paired' | 'paired' | 'half-paired'

/** So many at the same time, so that the waits of one are the work of another. */
const AT_ONCE = 2
/** More pieces than any pairing has. */
const MOST_STEPS = 60
/** Two daemons that start, connect, are refused and try again, all of it beside other pairs. */
const PATIENCE_MS = 60_000

type Both = Readonly<Record<Victim, Device>>

/** What came of each step, by its number. Throws where something else came of it, or where pairing again did not mend it. */
export async function killAtEveryStep(
  t: Test,
  victim: Victim,
  before: Before = 'strangers',
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>()
  let [next, isOver] = [0, false]
  const goOn = async () => {
    let both: Both | null = null
    while (!isOver && next < MOST_STEPS) {
      const step = next++
      both ??= await fresh(t, before)
      if (await killAt(t, step, both, victim)) outcomes.set(step, await outcomeOf(both))
      else isOver = true
      await pairByCode(both.typist, both.inviter)
      // What is paired again is what the next step begins with.
      if (before === 'paired') continue
      await Promise.all([both.typist.end('SIGKILL'), both.inviter.end('SIGKILL')])
      both = null
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  return outcomes
}

async function fresh(t: Test, before: Before): Promise<Both> {
  const [typist, inviter] = (await devices(t, 2)) as [Device, Device]
  if (before === 'paired') await pairByCode(typist, inviter)
  return { typist, inviter }
}

/** False where the pairing was over before. */
async function killAt(t: Test, step: number, both: Both, victim: Victim): Promise<boolean> {
  const { typist, inviter } = both
  const { invited } = await inviter.call('pairing.invite')
  let [killed, isDone] = [null as Promise<unknown> | null, false]
  const { address } = await wireTo(t, inviter.port, (piece) => {
    if (piece === step && !isDone) killed = both[victim].end('SIGKILL')
  })
  await typist.call('pairing.join', { address, code: invited.code }).catch(() => undefined)
  isDone = true
  if (killed === null) return false
  await killed
  await both[victim].start()
  return true
}

/** Throws where one is paired, has not what the other one tells, and does not say so. */
async function outcomeOf({ typist, inviter }: Both): Promise<Outcome> {
  const isPaired = async (one: Device, other: Device) => (await one.row(other))?.state === 'paired'
  const [there, here] = [await isPaired(typist, inviter), await isPaired(inviter, typist)]
  if (!there && !here) return 'not paired'
  if (there && here) return bothPaired(typist, inviter)
  const [paired, other] = there ? [typist, inviter] : [inviter, typist]
  // A device that is paired with nobody answers nobody: until its owner opens it, it is only not to be reached.
  await other.call('sharing.set', { mode: 'always' })
  await until(() => saysHalf(paired, other), 'it says half-paired', PATIENCE_MS)
  return 'half-paired'
}

/** Both have each other; whether with tokens that fit is seen by what they tell each other from now on. */
async function bothPaired(one: Device, other: Device): Promise<Outcome> {
  for (const device of [one, other]) device.spend()
  const settled = async (reader: Device, giver: Device) =>
    (await saysHalf(reader, giver)) || (await knowsAll(reader, giver))
  await until(
    async () => (await settled(one, other)) && (await settled(other, one)),
    'each knows all of the other, or says half-paired',
    PATIENCE_MS,
  )
  const isHalf = (await saysHalf(one, other)) || (await saysHalf(other, one))
  if (!isHalf) await areLive(one, other)
  return isHalf ? 'half-paired' : 'paired'
}

async function saysHalf(one: Device, other: Device): Promise<boolean> {
  return (await one.row(other))?.problem?.code === 'halfPaired'
}

async function knowsAll(reader: Device, giver: Device): Promise<boolean> {
  const row = await reader.row(giver)
  return row?.freshness === 'live' && row.all.calls === giver.calls
}
