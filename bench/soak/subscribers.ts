// Subscribers to the totals of a device that come back whenever it was away, as a status bar does.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Summary } from '../../src/contract/usage.ts'
import type { Device } from '../../test/harness/devices.ts'
import { Connection } from '../tallyd.ts'

const AGAIN_MS = 200

export class Subscriber {
  /** Calls of all history that it was told last; null before the first value of this connection. */
  calls: number | null = null
  /** How many values came, and how often it had to connect. */
  values = 0
  connections = 0
  readonly #device: Device
  #connection: Connection | null = null
  #stopped = false

  constructor(device: Device) {
    this.#device = device
    void this.#keep()
  }

  stop(): void {
    this.#stopped = true
    this.#connection?.close()
  }

  async #keep(): Promise<void> {
    while (!this.#stopped) {
      await this.#once().catch(() => undefined)
      this.calls = null
      await sleep(AGAIN_MS)
    }
  }

  /** Resolves when the connection has ended. */
  async #once(): Promise<void> {
    const connection = await Connection.open(this.#device.daemon.socket)
    if (connection === null) return
    this.#connection = connection
    this.connections++
    const asked = { range: 'all', timeZone: 'UTC' } as const
    // Only what changes is told: what there is already is asked for.
    await connection.subscribe('usage.changed', asked, (value) => {
      this.values++
      this.calls = (value as Summary).total.calls
    })
    const { total } = await connection.call<Summary>('usage.summary', asked)
    this.calls = Math.max(this.calls ?? 0, total.calls)
    await connection.closed
  }
}
