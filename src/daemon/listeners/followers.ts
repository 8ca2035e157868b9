// Those who follow a widget for ever. Everybody who follows the same format is sent the same text, which is made once; who reads
// slowly misses texts, never the newest one, and a thousand of them are written to in small portions, between everything else.
import type { Writable } from 'node:stream'

/** So many at once; a status bar needs one a screen. */
const MOST = 1_024
/** Who has taken nothing for so long although something is queued may be displaced, in milliseconds. */
const STUCK_MS = 10_000
/** Lines that are written to before others have a turn. An append comes in several turns, and waits for a portion at each of them. */
const PORTION = 8

/** What a follower is written to. */
export type Line = Pick<Writable, 'write' | 'end' | 'destroy' | 'once' | 'destroyed'>

interface Follower {
  readonly line: Line
  /** Since when a text has been on its way to it, on the clock of `performance.now`; null where it took everything. */
  busySince: number | null
  /** The one slot: the newest text, where it was not written yet. */
  pending: string | null
}

/** Fewer, and shorter, in tests. */
export interface FollowersBounds {
  readonly most?: number
  readonly stuckMs?: number
}

export class Followers {
  readonly #byFormat = new Map<string, Set<Follower>>()
  readonly #most: number
  readonly #stuckMs: number
  /** Those with something to be written, in the order in which it came. */
  readonly #due = new Set<Follower>()
  #turn: NodeJS.Immediate | undefined
  #size = 0

  constructor({ most = MOST, stuckMs = STUCK_MS }: FollowersBounds = {}) {
    this.#most = most
    this.#stuckMs = stuckMs
  }

  get size(): number {
    return this.#size
  }

  /** Names of the formats that somebody follows. */
  formats(): readonly string[] {
    return [...this.#byFormat.keys()]
  }

  /** Whether there is room for one more, or now is, because somebody who reads nothing made it. */
  hasRoom(): boolean {
    return this.#size < this.#most || this.#displace()
  }

  /** Writes `text`, and from now on what `send` is given for the format, until the line closes; `left` is called then. */
  add(format: string, line: Line, text: string, left: () => void): void {
    const follower: Follower = { line, busySince: null, pending: text }
    const crowd = this.#byFormat.get(format) ?? new Set()
    this.#byFormat.set(format, crowd.add(follower))
    this.#size++
    line.once('close', () => {
      this.#due.delete(follower)
      if (!crowd.delete(follower)) return
      this.#size--
      if (crowd.size === 0) this.#byFormat.delete(format)
      left()
    })
    this.#write(follower)
  }

  /** Sends a text to all who follow the format. */
  send(format: string, text: string): void {
    for (const follower of this.#byFormat.get(format) ?? []) {
      follower.pending = text
      if (follower.busySince === null) this.#due.add(follower)
    }
    this.#portion()
  }

  /** Ends every line, with what is on its way to it. */
  end(): void {
    clearImmediate(this.#turn)
    for (const crowd of this.#byFormat.values()) for (const { line } of crowd) line.end()
  }

  #portion(): void {
    let left = PORTION
    for (const follower of this.#due) {
      if (left-- === 0) break
      this.#due.delete(follower)
      this.#write(follower)
    }
    clearImmediate(this.#turn)
    this.#turn = this.#due.size === 0 ? undefined : setImmediate(() => this.#portion())
  }

  #write(follower: Follower): void {
    const { pending } = follower
    if (pending === null || follower.busySince !== null) return
    follower.pending = null
    follower.busySince = performance.now()
    follower.line.write(pending, () => {
      follower.busySince = null
      if (!follower.line.destroyed) this.#write(follower)
    })
  }

  /** Whoever has taken nothing for longest goes, if that is long enough. */
  #displace(): boolean {
    let stuck: Follower | undefined
    let since = performance.now() - this.#stuckMs
    for (const crowd of this.#byFormat.values()) {
      for (const follower of crowd) {
        if (follower.busySince === null || follower.busySince > since) continue
        stuck = follower
        since = follower.busySince
      }
    }
    stuck?.line.destroy()
    return stuck !== undefined
  }
}
