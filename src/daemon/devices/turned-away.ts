// How often the LAN listener turned somebody away since the daemon started, and whom last. Who it was each time is in the audit log.
import type { Check } from '../../contract/doctor.ts'

export class TurnedAway {
  #times = 0
  #last: { readonly why: string; readonly host: string; readonly at: number } | null = null

  /** `why` is one of our own sentences; `at` in Unix milliseconds. Floods call it as often as they like. */
  count(why: string, host: string, at: number): void {
    this.#times++
    this.#last = { why, host, at }
  }

  /** Nothing where nobody was. It is no fault of this device, so that it is not more than a line. */
  checks(): Check[] {
    if (this.#last === null) return []
    const { why, host, at } = this.#last
    const times = this.#times === 1 ? 'once' : `${this.#times} times`
    const last = `last ${host} at ${new Date(at).toISOString()} (${why})`
    const says = `${times} since the start; ${last}; see: tallyctl audit`
    return [{ level: 'ok', code: 'turnedAway', subject: 'turned away', says }]
  }
}
