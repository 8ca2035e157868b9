// The pulls over one connection to a paired device: asks what changed since what we have, one question at a time, however often the
// device says that something did.
import type { UsageAnswer } from '../../contract/wire.ts'
import { WIRE } from '../../contract/wire-bounds.ts'
import { ask, Refused, refusalOf, skewOf } from './asking.ts'
import type { DeviceAgent } from './dial.ts'
import { readAnswer } from './incoming.ts'

/** A device that says nothing is asked anyway, in milliseconds: a nudge can be lost while a computer sleeps. */
const LOOK_MS = 60_000
/** A device that is still counting is asked again after this long, in milliseconds; it also says when it is done. */
const NOT_YET_MS = 2_000
/** Between one pull and the next that a nudge asks for, in milliseconds; a device nudges at most every 250 ms. */
const GAP_MS = 200

export interface PullsContext {
  readonly agent: DeviceAgent
  /** With the token. */
  readonly headers: () => Readonly<Record<string, string>>
  /** Of what we have. */
  readonly cursor: () => string | undefined
  /** Takes an answer; returns why it cannot be used, or null. */
  readonly take: (answer: UsageAnswer) => string | null
  /** How far its clock is ahead of ours, in milliseconds. */
  readonly clock: (skewMs: number) => void
  /** Unix milliseconds. */
  readonly now: () => number
  /** We have everything that the device has. */
  readonly current: () => void
  readonly failed: (error: unknown) => void
}

export class Pulls {
  readonly #context: PullsContext
  #look: NodeJS.Timeout | undefined
  #pulling = false
  #again = false
  #stopped = false

  constructor(context: PullsContext) {
    this.#context = context
  }

  /** One at a time; who asks meanwhile makes one more. */
  pull(): void {
    if (this.#pulling) {
      this.#again = true
      return
    }
    this.#pulling = true
    this.#again = false
    clearTimeout(this.#look)
    this.#ask()
      .then((isTold) => {
        if (this.#stopped) return
        if (isTold) this.#context.current()
        this.#look = setTimeout(() => this.pull(), isTold ? LOOK_MS : NOT_YET_MS)
      })
      .catch((error: unknown) => {
        if (!this.#stopped) this.#context.failed(error)
      })
      .finally(() => {
        setTimeout(() => {
          this.#pulling = false
          if (this.#again && !this.#stopped) this.pull()
        }, GAP_MS).unref()
      })
  }

  /** The connection is no more: nothing is told any more. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#look)
  }

  /** False where the device does not know itself yet. */
  async #ask(): Promise<boolean> {
    const { agent, headers, cursor, take, clock, now } = this.#context
    const since = cursor()
    const path = since === undefined ? '/v1/usage' : `/v1/usage?since=${encodeURIComponent(since)}`
    const answered = await ask(agent, { path, headers: headers(), most: WIRE.bytes })
    const { status, body } = answered
    const skew = skewOf(answered, now())
    if (skew !== null) clock(skew)
    if (status === 204) return true
    if (status === 503) return false
    if (status !== 200) throw refusalOf(status)
    const read = readAnswer(body)
    if ('refusal' in read) {
      const { code, says } = read.refusal
      throw new Refused(code === 'newerVersion' ? 'newerVersion' : 'badAnswer', says)
    }
    const why = take(read.answer)
    if (why !== null) throw new Refused('badAnswer', why)
    return true
  }
}
