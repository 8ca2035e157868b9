// The document of members and tokens with what is known of it besides: until when each token is valid, and when it was last used.
// What decides about a change is asked inside it: changes are made one after the other, and the second of two at once sees what
// the first did.
import { TallyError } from '../../contract/errors.ts'
import type { TokenRow } from '../../contract/tokens.ts'
import type { Audit } from '../store/audit.ts'
import type { Document } from '../store/document.ts'
import { nameOf } from './members.ts'
import { tokenRow } from './rows.ts'
import { type Clocks, type Over, Terms } from './terms.ts'
import type { StoredToken, TokenData } from './token-data.ts'
import { Uses } from './uses.ts'

/** At least this often it is looked for what is over: longer timers would be off by a suspended night. */
const LOOK_MS = 60_000

export interface BookContext extends Clocks {
  readonly document: Document<TokenData>
  readonly record: Audit['record']
  /** These tokens open nothing any more: their connections are to be cut. */
  readonly onEnded: (ids: readonly string[]) => void
}

/** What it makes of the document, and what the caller is to know of it. Throws what refuses the change. */
export type Change<R> = (data: TokenData) => readonly [TokenData, R]

export interface Changed<R> {
  readonly result: R
  /** The tokens that were taken out. */
  readonly gone: readonly StoredToken[]
}

export class Book {
  readonly #context: BookContext
  readonly #uses: Uses
  readonly #terms: Terms
  #look: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(context: BookContext) {
    this.#context = context
    const write = async (change: (data: TokenData) => TokenData): Promise<void> => {
      await this.change((data) => [change(data), null])
    }
    this.#uses = new Uses({ now: context.now, write })
    this.#terms = new Terms(context, (token) => this.#uses.isUsed(token))
    this.#adopt()
  }

  /** Writes what is not written yet: uses, and ends that only the clock has told of. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#look)
    await this.#uses.close()
    // Where the disk refuses, the next start looks at the clock.
    await this.expire().catch(() => undefined)
  }

  /** What the disk holds. */
  get data(): TokenData {
    return this.#context.document.value
  }

  /** The tokens that are valid, in what the disk holds or in what a change is given. */
  valid({ tokens } = this.data): StoredToken[] {
    return tokens.filter((token) => this.#terms.over(token) === null)
  }

  /** The valid token with this secret that is bound to that certificate, or to none, or null. */
  find(secret: string, device: string | null): StoredToken | null {
    // Nothing is to be done here but right after a change, for who asks before it was heard of.
    this.#terms.adopt(this.data.tokens)
    const token = this.#terms.find(secret)
    return token?.device === device ? token : null
  }

  use(token: StoredToken): void {
    this.#uses.use(token)
  }

  row(token: StoredToken, data = this.data): TokenRow {
    return tokenRow(token, data, this.#uses.lastUsedAt(token))
  }

  /** What it takes out is told to who has to cut connections. Throws what `change` throws, and TallyError stateUnwritable. */
  async change<R>(change: Change<R>): Promise<Changed<R>> {
    let changed: Changed<R> | undefined
    let released: readonly { readonly id: string; readonly name: string }[] = []
    try {
      await this.#context.document.update((data) => {
        this.#terms.adopt(this.data.tokens)
        const [next, result] = change(data)
        const kept = new Set(next.tokens.map(({ id }) => id))
        const gone = data.tokens.filter(({ id }) => !kept.has(id))
        released = devicesOf(gone, data).filter(({ id }) =>
          devicesOf(next.tokens, next).every((each) => each.id !== id),
        )
        changed = { result, gone }
        return next
      })
    } catch (error) {
      if (error instanceof TallyError) throw error
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `members and tokens were not changed (${code})`)
    }
    const { gone } = changed!
    this.#adopt()
    this.#uses.forget(gone)
    if (gone.length > 0) this.#context.onEnded(gone.map(({ id }) => id))
    for (const device of released) this.#context.record('deviceReleased', device)
    return changed!
  }

  /** Ends what is over. Throws TallyError stateUnwritable. */
  async expire(): Promise<void> {
    const over = this.data.tokens.filter((token) => this.#terms.over(token) !== null)
    if (over.length === 0) return this.#lookAgain()
    // Whatever the disk says to it: they open nothing any more.
    this.#context.onEnded(over.map(({ id }) => id))
    const { result } = await this.change((data) => {
      const ended: { id: string; name: string; what: Over }[] = []
      const tokens = data.tokens.filter((token) => {
        const what = this.#terms.over(token)
        if (what !== null) ended.push({ id: token.id, name: nameOf(data, token.member), what })
        return what === null
      })
      return [{ ...data, tokens }, ended]
    })
    for (const { id, name, what } of result) this.#context.record(what, { id, name })
  }

  #adopt(): void {
    this.#terms.adopt(this.data.tokens)
    this.#lookAgain()
  }

  #lookAgain(): void {
    clearTimeout(this.#look)
    if (this.#isClosed) return
    const wait = Math.min(LOOK_MS, Math.ceil(this.#terms.untilNext()))
    this.#look = setTimeout(() => void this.expire().catch(() => this.#lookAgain()), wait).unref()
  }
}

/** The devices that these tokens claim, and for whom. */
function devicesOf(tokens: readonly StoredToken[], data: TokenData): { id: string; name: string }[] {
  return tokens.flatMap(({ origin, device, member }) =>
    origin === 'login' && device !== null ? [{ id: device, name: nameOf(data, member) }] : [],
  )
}
