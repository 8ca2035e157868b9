// Until when each token is valid. Found by the hash of its secret, so that it does not matter how many there are; and by two clocks,
// so that one that was over in this run never begins again.
import { hashOf, isSameHash, isToken } from './token.ts'
import type { StoredToken } from './token-data.ts'

/** A token that an enrolment handed out and nobody ever used is revoked after this long, in milliseconds. */
export const UNUSED_LIVES_MS = 10 * 60_000

/** Why a token is not valid any more; the words of the audit log. */
export type Over = 'tokenExpired' | 'tokenUnused'

interface Term {
  token: StoredToken
  readonly expires: Moment
  /** When it is over if nobody used it until then. */
  readonly unused: Moment
  over: Over | null
}

/**
 * A time by both clocks. The wall clock goes on while the machine sleeps, but may be set back; the monotonic one may not, but stands
 * still meanwhile on some systems. It has come when either says so.
 */
interface Moment {
  /** Unix milliseconds. */
  readonly wall: number
  /** Milliseconds. */
  readonly monotonic: number
}

const NEVER: Moment = { wall: Number.POSITIVE_INFINITY, monotonic: Number.POSITIVE_INFINITY }

export interface Clocks {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Milliseconds since whenever; never goes back. */
  readonly monotonic: () => number
}

export class Terms {
  readonly #clocks: Clocks
  readonly #isUsed: (token: StoredToken) => boolean
  #terms: ReadonlyMap<string, Term> = new Map()
  #adopted: readonly StoredToken[] = []

  constructor(clocks: Clocks, isUsed: (token: StoredToken) => boolean) {
    this.#clocks = clocks
    this.#isUsed = isUsed
  }

  /** These and no others are valid from now on. What was known of those that stay goes on. */
  adopt(tokens: readonly StoredToken[]): void {
    if (tokens === this.#adopted) return
    const terms = new Map<string, Term>()
    for (const token of tokens) {
      const known = this.#terms.get(token.hash)
      if (known !== undefined) known.token = token
      terms.set(token.hash, known ?? this.#termOf(token))
    }
    this.#terms = terms
    this.#adopted = tokens
  }

  /** The valid token with this secret, or null. The time it takes does not depend on how many there are, or how near one comes. */
  find(secret: string): StoredToken | null {
    // What is no token is not hashed, however long it is.
    if (!isToken(secret)) return null
    const hash = hashOf(secret)
    const token = this.#terms.get(hash)?.token
    if (token === undefined || !isSameHash(hash, token.hash)) return null
    return this.over(token) === null ? token : null
  }

  isValid(token: StoredToken): boolean {
    return this.over(token) === null
  }

  /** Null as long as it is valid. Once it is not it stays so, whatever the clocks say. */
  over({ hash }: StoredToken): Over | null {
    const term = this.#terms.get(hash)
    if (term === undefined) return 'tokenExpired'
    term.over ??= this.#hasCome(term.expires)
      ? 'tokenExpired'
      : this.#hasCome(term.unused) && !this.#isUsed(term.token)
        ? 'tokenUnused'
        : null
    return term.over
  }

  /** Milliseconds until the next one is over; infinite where none will be. */
  untilNext(): number {
    let least = Number.POSITIVE_INFINITY
    const [wall, monotonic] = [this.#clocks.now(), this.#clocks.monotonic()]
    for (const { token, expires, unused, over } of this.#terms.values()) {
      if (over !== null) continue
      for (const moment of this.#isUsed(token) ? [expires] : [expires, unused]) {
        least = Math.min(least, moment.wall - wall, moment.monotonic - monotonic)
      }
    }
    return Math.max(0, least)
  }

  #hasCome({ wall, monotonic }: Moment): boolean {
    return this.#clocks.now() >= wall || this.#clocks.monotonic() >= monotonic
  }

  #termOf(token: StoredToken): Term {
    const { expiresAt, createdAt, origin } = token
    const isHandedOut = origin === 'enrolled' || origin === 'login'
    const unused = Date.parse(createdAt) + UNUSED_LIVES_MS
    return {
      token,
      expires: expiresAt === null ? NEVER : this.#moment(Date.parse(expiresAt)),
      // A clock that was set back since does not make it wait longer.
      unused: isHandedOut ? this.#moment(Math.min(unused, this.#clocks.now() + UNUSED_LIVES_MS)) : NEVER,
      over: null,
    }
  }

  #moment(wall: number): Moment {
    return { wall, monotonic: this.#clocks.monotonic() + wall - this.#clocks.now() }
  }
}
