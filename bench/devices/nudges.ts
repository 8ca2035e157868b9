// From a call in one device's log to the moment a subscriber on another device holds totals that contain it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Summary } from '../../src/contract/usage.ts'
import type { Device } from '../../test/harness/devices.ts'
import { type Latencies, latenciesOf } from '../statistics.ts'
import { Connection } from '../tallyd.ts'

const CALLS = 100
const PATIENCE_MS = 10_000

export async function measureNudges(reader: Device, giver: Device): Promise<Latencies> {
  const connection = await Connection.open(reader.daemon.socket)
  if (connection === null) throw new Error('the reader does not answer')
  const asked = { range: 'all', devices: [giver.name] } as const
  let calls = (await connection.call<Summary>('usage.summary', asked)).total.calls
  let arrived: () => void = () => undefined
  await connection.subscribe('usage.changed', asked, (value) => {
    calls = (value as Summary).total.calls
    arrived()
  })
  const measured: number[] = []
  for (let call = 0; call <= CALLS; call++) {
    const wanted = calls + 1
    giver.spend()
    const began = performance.now()
    while (calls < wanted) {
      if (performance.now() - began > PATIENCE_MS) throw new Error('a call did not arrive')
      await Promise.race([new Promise<void>((resolve) => (arrived = resolve)), sleep(1000)])
    }
    if (call > 0) measured.push(performance.now() - began)
    await sleep(20 + (call % 10) * 30)
  }
  connection.close()
  return latenciesOf(measured)
}
