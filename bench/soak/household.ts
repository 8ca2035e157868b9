// Three real devices that are paired each with each, and between any two of them, in both directions, a cable that can be cut.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../../test/harness/daemon.ts'
import { type Device, devices, joinByCode } from '../../test/harness/devices.ts'
import { Cable, type CableState } from './cable.ts'

export interface Household {
  readonly devices: readonly Device[]
  /** Of every cable that leads to or from `device`. */
  setCables(device: Device, state: CableState): void
  /** Calls of all logs together. */
  readonly calls: number
}

/** What `end` is given is to be called when all is over, the last first. */
export async function household(end: (ending: () => unknown) => void): Promise<Household> {
  const all = await devices({ teardown: end }, 3)
  for (const [at, inviter] of all.entries()) {
    for (const typist of all.slice(at + 1)) await joinByCode(typist, inviter)
  }
  const cables: { readonly between: readonly Device[]; readonly cable: Cable }[] = []
  for (const from of all) {
    await from.end()
    const places = new Map<string, string>()
    for (const to of all) {
      if (to === from) continue
      const cable = await Cable.lay(to.port)
      end(() => cable.close())
      cables.push({ between: [from, to], cable })
      places.set(to.name, cable.address)
    }
    moveMembers(from, places)
  }
  await Promise.all(all.map((device) => device.start()))
  return {
    devices: all,
    setCables(device, state) {
      for (const { between, cable } of cables) if (between.includes(device)) cable.set(state)
    },
    get calls() {
      return all.reduce((sum, { calls }) => sum + calls, 0)
    },
  }
}

/** Resolves when every device shows the sum of all logs and each other live. */
export async function agree({ devices: all, calls }: Household, ms: number): Promise<void> {
  let shown: unknown
  await until(
    async () => {
      const lists = await Promise.all(all.map((device) => device.call('devices.list', { timeZone: 'UTC' })))
      shown = lists.map(({ devices: rows, total }) => [
        total.all.calls,
        ...rows.map(({ freshness, problem }) => problem?.code ?? freshness),
      ])
      return lists.every(
        ({ devices: rows, total }) =>
          total.all.calls === calls && rows.every(({ freshness }) => freshness === 'live'),
      )
    },
    'all devices agree',
    ms,
  ).catch((error: Error) => {
    throw new Error(`${error.message} on ${calls} calls: ${JSON.stringify(shown)}`)
  })
}

/** Writes other addresses into the roster of a device that does not run, in both copies. */
function moveMembers(device: Device, places: ReadonlyMap<string, string>): void {
  const path = join(device.home, 'devices.json')
  const roster = JSON.parse(readFileSync(path, 'utf8'))
  for (const member of roster.data.members) member.address = places.get(member.name)
  for (const name of ['devices.json', 'devices.previous.json']) {
    writeFileSync(join(device.home, name), JSON.stringify(roster), { mode: 0o600 })
  }
}
