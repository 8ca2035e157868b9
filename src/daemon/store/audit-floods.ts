// Keeps floods out of the audit log: what a stranger can cause as often as he likes is written once, and what follows of the
// same kind and subject is counted and written as one entry when its time is over.
import { AUDIT_KINDS, type AuditKind } from '../../contract/audit-words.ts'

export interface Subject {
  readonly id: string | null
  readonly name: string | null
  readonly address: string | null
}

/** What is to be recorded; times in Unix milliseconds. */
export interface Happening {
  readonly what: AuditKind
  readonly subject: Subject
  readonly detail: string | null
  readonly at: number
  readonly count: number
  /** Of the first of several; null of one. */
  readonly since: number | null
}

/** The first of a flood is followed for this long, in milliseconds; a flood that lasts is told ever more seldom. */
const [FIRST_MS, LONGEST_MS] = [60_000, 6 * 3_600_000]
/** So many subjects of one kind are told apart within a day; those of yet more addresses are counted together. */
const [SUBJECTS_CAP, DAY_MS] = [20, 86_400_000]
const LOOK_MS = 15_000

export const OTHERS = 'other addresses'

interface Flood {
  readonly first: Happening
  /** On the clock that nobody sets. */
  readonly beganAt: number
  endsAt: number
  windowMs: number
  count: number
  since: number
  lastAt: number
}

export class Floods {
  readonly #floods = new Map<string, Flood>()
  readonly #write: (happening: Happening) => void
  readonly #ticks: () => number
  #timer: NodeJS.Timeout | undefined

  /** `ticks`: milliseconds of a clock that nobody sets. */
  constructor(write: (happening: Happening) => void, ticks: () => number = () => performance.now()) {
    this.#write = write
    this.#ticks = ticks
  }

  /** Writes it, or counts it with those that came just before. */
  take(happening: Happening): void {
    if (!('flood' in AUDIT_KINDS[happening.what])) this.#write(happening)
    else this.#follow(happening)
  }

  #follow(happening: Happening): void {
    this.sweep()
    const known = this.#floods.get(keyOf(happening))
    const isOther = happening.subject.address === OTHERS
    if (known !== undefined) this.#count(known, happening)
    else if (isOther || this.#subjectsOf(happening.what) < SUBJECTS_CAP) this.#begin(happening)
    else {
      const others = { id: null, name: null, address: OTHERS }
      this.#follow({ ...happening, subject: others, detail: null })
    }
  }

  #begin(happening: Happening): void {
    const beganAt = this.#ticks()
    const window = { beganAt, endsAt: beganAt + FIRST_MS, windowMs: FIRST_MS }
    this.#floods.set(keyOf(happening), { first: happening, ...window, count: 0, since: 0, lastAt: 0 })
    this.#write(happening)
    this.#timer ??= setInterval(() => this.sweep(), LOOK_MS).unref()
  }

  /** Writes the counts whose time is over. */
  sweep(): void {
    const now = this.#ticks()
    for (const [key, flood] of this.#floods) {
      if (now < flood.endsAt) continue
      if (flood.count > 0) {
        this.#tell(flood)
        flood.windowMs = Math.min(LONGEST_MS, flood.windowMs * 2)
        flood.endsAt = now + flood.windowMs
      } else if (now - flood.beganAt >= DAY_MS) this.#floods.delete(key)
    }
  }

  /** Writes every count; nothing is followed any more. */
  close(): void {
    clearInterval(this.#timer)
    for (const flood of this.#floods.values()) if (flood.count > 0) this.#tell(flood)
    this.#floods.clear()
  }

  #count(flood: Flood, { at, count }: Happening): void {
    const now = this.#ticks()
    if (flood.count === 0 && now >= flood.endsAt) flood.endsAt = now + flood.windowMs
    if (flood.count === 0) flood.since = at
    flood.count += count
    flood.lastAt = at
  }

  #tell(flood: Flood): void {
    const { first, count, since, lastAt } = flood
    this.#write({ ...first, at: lastAt, count, since: count > 1 ? since : null })
    flood.count = 0
  }

  #subjectsOf(what: AuditKind): number {
    let subjects = 0
    for (const { first } of this.#floods.values()) if (first.what === what) subjects++
    return subjects
  }
}

function keyOf({ what, subject: { id, address }, detail }: Happening): string {
  return JSON.stringify([what, id, address, detail])
}
