// Tells devices that they were unpaired: now, or when they can be reached. Nothing here decides about trust; that ended already.
import { request } from 'node:http'
import type { UnpairNotice } from '../../contract/wire.ts'
import type { Identity } from '../identity/identity.ts'
import { DeviceAgent, dial } from './dial.ts'
import type { Owed, Roster } from './roster.ts'
import { readAddress } from './tls.ts'

/** A device that could not be reached is tried again after this long, in milliseconds. */
const RETRY_MS = 5 * 60_000
/** Whoever was away for longer learns it when it next asks for something. */
const GIVE_UP_MS = 30 * 86_400_000
const ANSWER_MS = 10_000

export interface NoticesContext {
  readonly roster: Roster
  /** Throws where there is none. */
  readonly identity: () => Identity
  readonly now: () => number
}

export class Notices {
  readonly #context: NoticesContext
  #timer: NodeJS.Timeout | undefined
  #work: Promise<void> | null = null
  #stopped = false

  constructor(context: NoticesContext) {
    this.#context = context
  }

  /** Tries all that are owed, soon. */
  settle(): void {
    clearTimeout(this.#timer)
    if (this.#stopped || this.#owed().length === 0) return
    this.#work ??= this.#tellAll().finally(() => {
      this.#work = null
      if (!this.#stopped && this.#owed().length > 0) {
        this.#timer = setTimeout(() => this.settle(), RETRY_MS).unref()
      }
    })
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #owed(): readonly Owed[] {
    return this.#context.roster.owed
  }

  async #tellAll(): Promise<void> {
    for (const member of this.#owed()) {
      if (this.#stopped) return
      // Paired again meanwhile, it must not hear of the time before.
      if (!this.#owed().some(({ id }) => id === member.id)) continue
      const age = this.#context.now() - Date.parse(member.unpairedAt ?? '')
      if (age > GIVE_UP_MS || (await this.#tell(member).catch(() => false))) {
        await this.#context.roster.told(member.id).catch(() => undefined)
      }
    }
  }

  async #tell({ id, certificatePem, address }: Owed): Promise<boolean> {
    const at = address === null ? null : readAddress(address, 0)
    if (at === null) return false
    const identity = this.#context.identity()
    const agent = new DeviceAgent(async () => {
      const dialled = await dial({ ...at, pin: { id, certificatePem } }, { identity, now: this.#context.now })
      if (this.#owed().some((each) => each.id === id)) return dialled
      dialled.socket.destroy()
      throw new Error('it was paired again meanwhile')
    })
    const notice: UnpairNotice = { version: 1, unpair: true }
    try {
      return await new Promise<boolean>((resolve, reject) => {
        const options = {
          agent,
          host: 'device',
          path: '/v1/unpair',
          method: 'POST',
          signal: AbortSignal.timeout(ANSWER_MS),
        }
        const asked = request({ ...options, headers: { 'content-type': 'application/json' } }, (response) => {
          response.resume()
          resolve(response.statusCode === 204)
        })
        asked.on('error', reject)
        asked.end(JSON.stringify(notice))
      })
    } finally {
      agent.destroy()
    }
  }
}
