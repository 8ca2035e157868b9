// The snapshot as it is now, for each identity mode: made when something changed and somebody asks, so that a hundred displays cost
// little more than one, and an answer that means the same as before is known by its tag.
import { createHash } from 'node:crypto'
import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { MiniSnapshot, Snapshot } from '../../contract/snapshot.ts'
import { miniOf, type SnapshotFacts, type SnapshotMeaning, snapshotOf } from './snapshot.ts'

/** Without news it is made anew after this long all the same: sessions fall silent, and windows are reset. In milliseconds. */
const LASTS_MS = 15_000
/** Nobody is told to ask again sooner, in seconds. */
const SOONEST_SECONDS = 5

export type SnapshotView = 'full' | 'mini'

/** One answer over HTTP. */
export interface SnapshotText {
  /** A weak one (RFC 9110 §8.8.1): answers with the same tag differ in when they were made. */
  readonly etag: string
  /** The answer's JSON, made when it is asked for. */
  readonly text: () => string
}

interface Kept {
  readonly etag: string
  /** JSON without its opening brace. */
  readonly rest: string
  readonly meaning: SnapshotMeaning | MiniSnapshot
}

/** What is shown, and when that changes by itself next: at midnight, or when a window is reset. Unix milliseconds. */
export interface Gathered {
  readonly facts: SnapshotFacts
  readonly turnsAt: number
}

export class Snapshots {
  readonly #gather: () => Gathered
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()
  #gathered: Gathered | null = null
  #gatheredAt = 0

  constructor(gather: () => Gathered, now: () => number) {
    this.#gather = gather
    this.#now = now
  }

  /** Something changed. */
  changed(): void {
    this.#gathered = null
  }

  text(identity: IdentityMode, view: SnapshotView): SnapshotText {
    const { facts, turnsAt } = this.#current()
    const { etag, rest } = this.#keptFor(facts, identity, view)
    return { etag, text: () => `${JSON.stringify(this.#fresh(view, facts, turnsAt)).slice(0, -1)},${rest}` }
  }

  value(identity: IdentityMode, view: SnapshotView): Snapshot | MiniSnapshot {
    const { facts, turnsAt } = this.#current()
    const { meaning } = this.#keptFor(facts, identity, view)
    return { ...this.#fresh(view, facts, turnsAt), ...meaning } as Snapshot | MiniSnapshot
  }

  #current(): Gathered {
    const now = this.#now()
    const isOld = now >= this.#gatheredAt + LASTS_MS || now < this.#gatheredAt
    if (this.#gathered === null || isOld || now >= this.#gathered.turnsAt) {
      this.#gathered = this.#gather()
      this.#gatheredAt = now
      this.#kept.clear()
    }
    return this.#gathered
  }

  #keptFor(facts: SnapshotFacts, identity: IdentityMode, view: SnapshotView): Kept {
    // The mini view shows nobody's identity.
    const key = view === 'mini' ? view : identity
    let kept = this.#kept.get(key)
    if (kept === undefined) {
      const meaning = view === 'mini' ? miniOf(facts) : snapshotOf(facts, identity)
      const json = JSON.stringify(meaning)
      const digest = createHash('sha256').update(json).digest('base64url').slice(0, 22)
      kept = { etag: `W/"${digest}"`, rest: json.slice(1), meaning }
      this.#kept.set(key, kept)
    }
    return kept
  }

  /** What is of this answer alone. */
  #fresh(view: SnapshotView, { refreshIntervalSeconds }: SnapshotFacts, turnsAt: number) {
    const now = this.#now()
    const untilTurn = Math.ceil((turnsAt - now) / 1000) + 1
    return {
      generatedAt: view === 'mini' ? Math.floor(now / 1000) : new Date(now).toISOString(),
      nextPollSeconds: Math.max(SOONEST_SECONDS, Math.min(refreshIntervalSeconds, untilTurn)),
    }
  }
}
