// The tag by which paired devices know each other and nobody who has not dialled one can follow it: it is another every day.
import { createHmac } from 'node:crypto'

const DAY_MS = 86_400_000
const TAG_BYTES = 8

export const isTag = (text: string): boolean => /^[0-9a-f]{16}$/.test(text)

/** Days since 1970, UTC. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS)
}

/** HMAC-SHA256 keyed with the 32 bytes of the fingerprint, of the day as `YYYY-MM-DD`; its first 8 bytes, hexadecimal. */
export function tagOf(fingerprint: string, day: number): string {
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10)
  const mac = createHmac('sha256', Buffer.from(fingerprint, 'hex')).update(date).digest()
  return mac.subarray(0, TAG_BYTES).toString('hex')
}

/** Whose a tag is. Clocks differ, so yesterday's and tomorrow's count as well. */
export class Tags {
  #day = Number.NaN
  #devices: readonly { readonly id: string }[] = []
  #owners = new Map<string, string>()

  /**
   * The id (fingerprint) of the one of `devices` with this tag; undefined if none. Tags are computed when the day or the
   * list is another one, the list as such and not what is in it. `now` in Unix milliseconds.
   */
  ownerOf(tag: string, devices: readonly { readonly id: string }[], now: number): string | undefined {
    const day = dayOf(now)
    if (day !== this.#day || devices !== this.#devices) {
      const pairs = devices.flatMap(({ id }) => [-1, 0, 1].map((off) => [tagOf(id, day + off), id] as const))
      this.#owners = new Map(pairs)
      this.#day = day
      this.#devices = devices
    }
    return this.#owners.get(tag)
  }
}
