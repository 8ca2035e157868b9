// When each token was last used, where the disk does not know it yet. A use must not cost a write, and a lost one is no harm but the
// first: who was handed a token and never used it loses it.
import type { StoredToken, TokenData } from './token-data.ts'

/** Uses are written at most this often, in milliseconds; a first use at once. */
export const USES_WRITTEN_MS = 30_000

export interface UsesContext {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Changes the document. Rejects where the disk refuses. */
  readonly write: (change: (data: TokenData) => TokenData) => Promise<void>
}

export class Uses {
  readonly #context: UsesContext
  /** Unix milliseconds, by token. */
  readonly #at = new Map<string, number>()
  #later: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  /** The write that waits for the one that is under way: it takes along whatever comes until then. */
  #next: Promise<void> | null = null
  #isClosed = false

  constructor(context: UsesContext) {
    this.#context = context
  }

  use(token: StoredToken): void {
    const isFirst = !this.isUsed(token)
    this.#at.set(token.id, this.#context.now())
    if (isFirst) void this.#write()
    else this.#writeLater()
  }

  isUsed({ id, lastUsedAt }: StoredToken): boolean {
    return lastUsedAt !== null || this.#at.has(id)
  }

  /** RFC 3339; null for one that never was. */
  lastUsedAt({ id, lastUsedAt }: StoredToken): string | null {
    const at = this.#at.get(id)
    return at === undefined ? lastUsedAt : new Date(at).toISOString()
  }

  forget(tokens: readonly StoredToken[]): void {
    for (const { id } of tokens) this.#at.delete(id)
  }

  /** Writes what is not written yet; never throws. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#later !== null) clearTimeout(this.#later)
    await this.#write()
  }

  #writeLater(): void {
    if (this.#isClosed) return
    this.#later ??= setTimeout(() => void this.#write(), USES_WRITTEN_MS).unref()
  }

  #write(): Promise<void> {
    if (this.#later !== null) clearTimeout(this.#later)
    this.#later = null
    this.#next ??= this.#writing.then(() => {
      this.#next = null
      this.#writing = this.#writeAll()
      return this.#writing
    })
    return this.#next
  }

  async #writeAll(): Promise<void> {
    if (this.#at.size === 0) return
    let written: ReadonlyMap<string, number> = new Map()
    try {
      await this.#context.write((data) => {
        written = new Map(this.#at)
        const tokens = data.tokens.map((token) =>
          written.has(token.id) ? { ...token, lastUsedAt: this.lastUsedAt(token) } : token,
        )
        return { ...data, tokens }
      })
      for (const [id, at] of written) if (this.#at.get(id) === at) this.#at.delete(id)
    } catch {
      // A full disk: it is asked again.
      this.#writeLater()
    }
  }
}
