// The tag by which paired devices know each other and nobody else can follow one: it is another every day.
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
  #ids = ''
  #owners = new Map<string, string>()

  /** The one of `ids` (fingerprints) with this tag; undefined if none. `now` in Unix milliseconds. */
  ownerOf(tag: string, ids: readonly string[], now: number): string | undefined {
    const day = dayOf(now)
    const all = ids.join()
    if (day !== this.#day || all !== this.#ids) {
      const pairs = ids.flatMap((id) => [-1, 0, 1].map((off) => [tagOf(id, day + off), id] as const))
      this.#owners = new Map(pairs)
      this.#day = day
      this.#ids = all
    }
    return this.#owners.get(tag)
  }
}
