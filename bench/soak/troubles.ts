// What befalls a household while it works: one trouble a round, each as often as the others.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Device } from '../../test/harness/devices.ts'
import type { Household } from './household.ts'

export const TROUBLES = ['stopped', 'killed', 'cut off', 'held up'] as const

export type Trouble = (typeof TROUBLES)[number]

/** A device is gone, or cannot be reached, for `ms`; resolves when it is back. The first device is never restarted. */
export async function befall(
  household: Household,
  trouble: Trouble,
  device: Device,
  ms: number,
): Promise<void> {
  if (trouble === 'stopped' || trouble === 'killed') {
    await device.end(trouble === 'killed' ? 'SIGKILL' : 'SIGTERM')
    await sleep(ms)
    await device.start()
    return
  }
  household.setCables(device, trouble === 'held up' ? 'held' : 'cut')
  await sleep(ms)
  household.setCables(device, 'whole')
}

/** Which trouble meets whom in round `at`: restarts the second and the third device, lost networks each of the three. */
export function troubleOf(at: number, { devices }: Household): { trouble: Trouble; device: Device } {
  const trouble = TROUBLES[at % TROUBLES.length]!
  const turn = Math.floor(at / TROUBLES.length)
  const isRestart = trouble === 'stopped' || trouble === 'killed'
  return { trouble, device: isRestart ? devices[1 + (turn % 2)]! : devices[turn % 3]! }
}
