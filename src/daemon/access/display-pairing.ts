// Hands one token to a display whose user typed six digits. A window is open for five minutes, to one claim, and to five wrong codes in
// all; it lives in memory only, so that a restart ends it.
import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import type { DisplayPairing } from '../../contract/displays.ts'
import type { IdentityMode } from '../../contract/identity-modes.ts'
import type { Audit } from '../store/audit.ts'
import type { Tokens } from '../tokens/tokens.ts'

export const WINDOW_MS = 5 * 60_000
export const WRONG_CODES_CAP = 5
export const CODE_LENGTH = 6

/** What is to be handed out. */
export interface DisplayWish {
  readonly member: string
  readonly identity: IdentityMode
  /** Seconds; undefined for one that does not expire. */
  readonly expiresIn: number | undefined
  /** Who opens the window: `owner`, `launch`. */
  readonly by: string
}

/** What anybody may know of the open window. */
export interface OpenToClaims {
  readonly pairingId: string
  readonly codeLength: number
  readonly expiresInSeconds: number
}

export interface DisplayPairingsContext {
  readonly tokens: Pick<Tokens, 'create'>
  readonly record: Audit['record']
  readonly onChanged: () => void
  /** Milliseconds of a clock that nobody sets. */
  readonly ticks: () => number
  /** Unix milliseconds; only for times that are shown. */
  readonly now: () => number
}

interface Window extends DisplayWish {
  readonly id: string
  readonly code: string
  /** By the clock that nobody sets. */
  readonly endsAt: number
  readonly expiresAt: string
  /** `claiming` while the token is being stored: nobody else gets in meanwhile. */
  state: DisplayPairing['state'] | 'claiming'
  rejected: number
  token: string | null
  timer: NodeJS.Timeout | undefined
}

export class DisplayPairings {
  readonly #context: DisplayPairingsContext
  #window: Window | null = null

  constructor(context: DisplayPairingsContext) {
    this.#context = context
  }

  /** The code is told this once. */
  open(wish: DisplayWish): { readonly pairing: DisplayPairing; readonly code: string } {
    this.cancel()
    const { ticks, now } = this.#context
    const window: Window = {
      ...wish,
      id: randomBytes(16).toString('base64url'),
      code: String(randomInt(10 ** CODE_LENGTH)).padStart(CODE_LENGTH, '0'),
      endsAt: ticks() + WINDOW_MS,
      expiresAt: new Date(now() + WINDOW_MS).toISOString(),
      state: 'waiting',
      rejected: 0,
      token: null,
      timer: undefined,
    }
    window.timer = setTimeout(() => this.#lookAt(window), WINDOW_MS + 1).unref()
    this.#window = window
    this.#context.record('displayAwaited', { name: wish.member }, `by ${wish.by}`)
    this.#context.onChanged()
    return { pairing: shown(window), code: window.code }
  }

  /** Whether there was one to close. One whose token is being stored cannot be taken back any more. */
  cancel(): boolean {
    const window = this.#open()
    if (window === null || window.state !== 'waiting') return false
    this.#end(window, 'cancelled')
    return true
  }

  /** The window that was opened last; null where none was. */
  show(): DisplayPairing | null {
    this.#open()
    return this.#window === null ? null : shown(this.#window)
  }

  /** Null where no window takes claims. */
  openToClaims(): OpenToClaims | null {
    const window = this.#open()
    if (window?.state !== 'waiting') return null
    const left = Math.ceil((window.endsAt - this.#context.ticks()) / 1000)
    return { pairingId: window.id, codeLength: CODE_LENGTH, expiresInSeconds: Math.max(1, left) }
  }

  /**
   * One attempt from `address`: the token, `wrong` for a wrong code, `closed` where nothing with this id takes claims. Throws
   * TallyError stateUnwritable, and what `tokens.create` throws; then the window is open as before.
   */
  async claim(pairingId: string, code: string, address: string): Promise<string | 'wrong' | 'closed'> {
    const window = this.#open()
    if (window?.state !== 'waiting' || window.id !== pairingId) return 'closed'
    const { record } = this.#context
    if (!isSame(code, window.code)) {
      window.rejected++
      record('displayRefused', { address }, `${window.rejected} of ${WRONG_CODES_CAP}`)
      if (window.rejected >= WRONG_CODES_CAP) this.#end(window, 'burnt')
      else this.#context.onChanged()
      return 'wrong'
    }
    // Before anything is waited for: the code works once.
    window.state = 'claiming'
    try {
      const { member, identity, expiresIn, by } = window
      const made = await this.#context.tokens.create({
        member,
        exists: 'either',
        scopes: ['dashboard:read'],
        identity,
        label: member,
        expiresIn,
        origin: 'created',
        device: null,
        by,
      })
      window.token = made.id
      record('displayClaimed', { id: made.id, name: made.member, address })
      this.#end(window, 'claimed')
      return made.secret
    } catch (error) {
      window.state = 'waiting'
      throw error
    }
  }

  /** Forgets everything. */
  stop(): void {
    clearTimeout(this.#window?.timer)
    this.#window = null
  }

  /** The window, ended if its time has come; null where none was opened. */
  #open(): Window | null {
    if (this.#window !== null) this.#lookAt(this.#window)
    return this.#window
  }

  #lookAt(window: Window): void {
    if (window.state === 'waiting' && this.#context.ticks() >= window.endsAt) this.#end(window, 'expired')
  }

  #end(window: Window, state: Exclude<DisplayPairing['state'], 'waiting'>): void {
    clearTimeout(window.timer)
    window.state = state
    this.#context.onChanged()
  }
}

function shown({ id, state, member, expiresAt, rejected, token }: Window): DisplayPairing {
  return {
    id,
    state: state === 'claiming' ? 'waiting' : state,
    member,
    expiresAt,
    attempts: WRONG_CODES_CAP,
    rejected,
    token,
  }
}

/** In constant time; a length is no secret. */
function isSame(given: string, code: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(code)]
  return one.length === other.length && timingSafeEqual(one, other)
}
