// Devices without their names, for tokens whose identity mode is below `full`: a name is a host's unless its owner gave another. What is
// shown instead is built here, so that whatever is computed from it cannot tell more, in an error or a filter neither.
import type { DeviceFacts } from '../devices/devices.ts'
import type { Share } from './question.ts'

/** What a name is shown as that no device has any more. */
const ANOTHER = 'another device'

interface Named {
  readonly devices: () => readonly DeviceFacts[]
  readonly shares: () => readonly Share[]
}

/**
 * `this device`, `device 2`, …: by id, which no rename changes and which says nothing of a name. The same from answer to answer as long as
 * no device comes or is forgotten.
 */
export function namesShown(devices: readonly DeviceFacts[]): ReadonlyMap<string, string> {
  const others = devices.flatMap((device) => (device.self ? [] : [keyOf(device)])).sort()
  return new Map([['self', 'this device'], ...others.map((key, at) => [key, `device ${at + 2}`] as const)])
}

/** The key of a device in `namesShown`. */
export function keyOf({ id, name, self }: Pick<DeviceFacts, 'id' | 'name' | 'self'>): string {
  return self ? 'self' : (id ?? name)
}

export class Unnamed {
  readonly #named: Named
  readonly #devices = new WeakMap<DeviceFacts, DeviceFacts>()
  /** Answered again as long as nothing changed: what was added up of it is found by it. */
  #last: { readonly of: readonly Share[]; readonly names: string; readonly shares: readonly Share[] } | null =
    null

  constructor(named: Named) {
    this.#named = named
  }

  /** The name that is shown instead of this one. */
  nameOf(name: string): string {
    const devices = this.#named.devices()
    const device = devices.find((each) => each.name === name)
    return device === undefined ? ANOTHER : (namesShown(devices).get(keyOf(device)) ?? ANOTHER)
  }

  readonly devices = (): readonly DeviceFacts[] => {
    const devices = this.#named.devices()
    const names = namesShown(devices)
    const order = [...names.values()]
    return devices
      .map((device) => this.#shown(device, names.get(keyOf(device)) ?? ANOTHER))
      .sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  }

  readonly shares = (): readonly Share[] => {
    const of = this.#named.shares()
    const shown = namesShown(this.#named.devices())
    const names = JSON.stringify([...shown])
    if (this.#last?.of !== of || this.#last.names !== names) {
      const shares = of.map(({ device, totals }) => {
        const { self, freshness, asOf, state } = device
        const name = shown.get(keyOf(device)) ?? ANOTHER
        return {
          device: { id: null, name, self, freshness, asOf, ...(state === undefined ? {} : { state }) },
          totals,
        }
      })
      this.#last = { of, names, shares }
    }
    return this.#last.shares
  }

  /** Neither an id nor an address, and of a problem its code alone: its sentence may name a host. */
  #shown(device: DeviceFacts, name: string): DeviceFacts {
    const before = this.#devices.get(device)
    if (before?.name === name) return before
    const { self, state, direction, freshness, asOf, problem } = device
    const shown: DeviceFacts = {
      id: null,
      name,
      self,
      state,
      direction,
      freshness,
      asOf,
      problem: problem === null ? null : { code: problem.code, says: problem.code, since: problem.since },
      address: null,
    }
    this.#devices.set(device, shown)
    return shown
  }
}
