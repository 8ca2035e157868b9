// A household under work for as long as is wanted: calls are logged, devices are stopped, killed and cut off, 20 subscribers watch. After
// every round all three devices and all subscribers must show the exact sum. Memory and descriptors are sampled when all is quiet.
import { setTimeout as sleep } from 'node:timers/promises'
import type { SummaryParams } from '../../src/contract/usage.ts'
import { until } from '../../test/harness/daemon.ts'
import type { Device } from '../../test/harness/devices.ts'
import { Random } from '../corpus/random.ts'
import { agree, type Household, household } from './household.ts'
import { type Sample, sampleOf } from './samples.ts'
import { Subscriber } from './subscribers.ts'
import { befall, TROUBLES, type Trouble, troubleOf } from './troubles.ts'

export interface SoakPlan {
  /** It ends after a round: the first that is over after so many minutes, or the last of so many. */
  readonly ends: { readonly minutes: number } | { readonly rounds: number }
  readonly seed: number
  /** Of a round, the calls of which are logged in so many milliseconds; its trouble lasts a quarter of that. */
  readonly workMs: number
  /** After this the devices have given back what they do not need at rest. */
  readonly settleMs: number
  readonly say: (text: string) => void
}

export interface SoakResult {
  readonly seed: number
  readonly minutes: number
  readonly rounds: number
  readonly calls: number
  readonly troubles: Readonly<Record<Trouble, number>>
  readonly subscribers: number
  /** Times that a subscriber connected, and values that came. */
  readonly connections: number
  readonly values: number
  /** Times that a subscriber did not hold the sum although its device did. */
  readonly missed: number
  /** Of each device after every round, before the first one's first; those of a device that is restarted are of several processes. */
  readonly samples: readonly (readonly Sample[])[]
}

const SUBSCRIBERS = 20
/** Devices try again ever more patiently: after 15 s of absence the next try is at most 20 s away. */
const AGREE_MS = 90_000
const TOLD_MS = 10_000
/** A session is left for a new one after about so many calls. */
const SESSION_CALLS = 60

/** Rejects where a total is not exact. */
export async function soak(plan: SoakPlan): Promise<SoakResult> {
  const ends: (() => unknown)[] = []
  try {
    const home = await household((ending) => ends.push(ending))
    const watching = Array.from({ length: SUBSCRIBERS }, (_, at) => {
      const device = home.devices[at % home.devices.length]!
      const subscriber = new Subscriber(device)
      ends.push(() => subscriber.stop())
      return subscriber
    })
    return await run(plan, home, watching)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

async function run(plan: SoakPlan, home: Household, watching: readonly Subscriber[]): Promise<SoakResult> {
  const random = new Random(plan.seed)
  const began = performance.now()
  const seconds = () => Math.round((performance.now() - began) / 1_000)
  const troubles = Object.fromEntries(TROUBLES.map((each) => [each, 0])) as Record<Trouble, number>
  const samples: Sample[][] = home.devices.map(() => [])
  let [rounds, missed] = [0, 0]
  const settle = async () => {
    await agree(home, AGREE_MS)
    await checkTotals(home)
    missed += await notTold(home, watching)
    await sleep(plan.settleMs)
    for (const [at, { daemon }] of home.devices.entries()) samples[at]!.push(sampleOf(daemon.pid, seconds()))
  }
  await settle()
  const { ends } = plan
  while ('rounds' in ends ? rounds < ends.rounds : seconds() < ends.minutes * 60) {
    const { trouble, device } = troubleOf(rounds++, home)
    troubles[trouble]++
    plan.say(`round ${rounds}: ${device.name} is ${trouble}`)
    const isOver = work(home, random, plan.workMs)
    await sleep(plan.workMs / 4)
    await befall(home, trouble, device, plan.workMs / 4)
    await isOver
    await settle()
    const [sample] = samples[0]!.slice(-1)
    plan.say(`  ${home.calls} calls, ${(sample!.residentBytes / 1e6).toFixed(1)} MB`)
  }
  const sum = (of: (subscriber: Subscriber) => number) =>
    watching.reduce((total, each) => total + of(each), 0)
  return {
    seed: plan.seed,
    minutes: seconds() / 60,
    rounds,
    calls: home.calls,
    troubles,
    subscribers: watching.length,
    connections: sum(({ connections }) => connections),
    values: sum(({ values }) => values),
    missed,
    samples,
  }
}

/** Logs calls on every device for `ms`, a few at a time, now and then in a new session. */
async function work({ devices }: Household, random: Random, ms: number): Promise<void> {
  const until = performance.now() + ms
  let session = 0
  while (performance.now() < until) {
    const device = devices[random.integer(0, devices.length - 1)]!
    if (random.integer(1, SESSION_CALLS) === 1) session++
    for (let call = random.integer(1, 3); call > 0; call--) device.spend(`${device.name}-${session}`)
    await sleep(random.integer(5, 150))
  }
}

/** Calls and tokens of each device, as each of the three shows them. */
async function checkTotals({ devices }: Household): Promise<void> {
  for (const reader of devices) {
    for (const giver of devices) {
      const { total } = await reader.call('usage.summary', shareOf(giver))
      const shown = [total.calls, total.tokens?.input, total.tokens?.output]
      const wanted = [giver.calls, giver.calls, giver.calls * 100]
      if (String(shown) !== String(wanted)) {
        throw new Error(`${reader.name} shows ${shown} for ${giver.name}, whose logs have ${wanted}`)
      }
    }
  }
}

const shareOf = ({ name }: Device): SummaryParams => ({ range: 'all', timeZone: 'UTC', devices: [name] })

/** How many subscribers do not hold the sum a while after their devices do. */
async function notTold(home: Household, watching: readonly Subscriber[]): Promise<number> {
  const behind = () => watching.filter(({ calls }) => calls !== home.calls).length
  await until(() => behind() === 0, 'every subscriber was told', TOLD_MS).catch(() => undefined)
  return behind()
}
