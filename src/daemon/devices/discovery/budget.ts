// How much is listened to: a source that floods is not heard any more, and a network that floods is left alone for a while.

/** Packets a second that one source may send for long, and at once. */
const SOURCE = { perSecond: 50, atOnce: 150 } as const
/** Sources that are told apart; beyond, the one that was quiet longest is forgotten. */
const SOURCES_CAP = 256
/** More packets than this within a second are a flood. */
const FLOOD = 500
/** A flooded network is left alone for this long, in milliseconds. */
export const REST_MS = 5_000

export type Verdict = 'heard' | 'ignored' | 'flood'

export class Budget {
  readonly #sources = new Map<string, { left: number; at: number }>()
  #second = 0
  #count = 0

  /** `now` in milliseconds. */
  admit(source: string, now: number): Verdict {
    const second = Math.floor(now / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#count = 0
    }
    if (++this.#count > FLOOD) return 'flood'
    const before = this.#sources.get(source)
    const gained = before === undefined ? 0 : (Math.max(0, now - before.at) / 1000) * SOURCE.perSecond
    const left = before === undefined ? SOURCE.atOnce : Math.min(SOURCE.atOnce, before.left + gained)
    this.#sources.delete(source)
    if (this.#sources.size >= SOURCES_CAP) this.#sources.delete(this.#sources.keys().next().value!)
    this.#sources.set(source, { left: Math.max(0, left - 1), at: now })
    return left >= 1 ? 'heard' : 'ignored'
  }
}
