// The document of logins: what is on the disk, and every change of it.
import { TallyError } from '../../contract/errors.ts'
import type { Document } from '../store/document.ts'
import { isLoginData, type LoginData, type StoredLogin } from './login-data.ts'

export class Shelf {
  readonly #document: Document<LoginData>
  #writing: Promise<unknown> = Promise.resolve()

  constructor(document: Document<LoginData>) {
    this.#document = document
  }

  get all(): readonly StoredLogin[] {
    return this.#document.value.logins
  }

  get(id: string): StoredLogin | undefined {
    return this.all.find((each) => each.id === id)
  }

  /**
   * Adds a login. Those that it replaces go, and one at the same URL that it does not replace is to be given back. Throws TallyError
   * stateUnwritable.
   */
  add(login: StoredLogin): Promise<void> {
    return this.#change((all) => [
      ...all
        .filter((each) => !isReplaced(each, login))
        .map((each) => (each.url === login.url ? { ...each, leaving: true } : each)),
      login,
    ])
  }

  /** The token was used. Throws TallyError stateUnwritable. */
  confirm(id: string): Promise<void> {
    return this.#change((all) => all.map((each) => (each.id === id ? { ...each, confirmed: true } : each)))
  }

  /** They are to be given back. Throws TallyError stateUnwritable. */
  leave(ids: readonly string[]): Promise<void> {
    return this.#change((all) =>
      all.map((each) => (ids.includes(each.id) ? { ...each, leaving: true } : each)),
    )
  }

  /** Resolves when nothing is being written. */
  settled(): Promise<unknown> {
    return this.#writing
  }

  /** Throws TallyError stateUnwritable. */
  drop(id: string): Promise<void> {
    return this.#change((all) => all.filter((each) => each.id !== id))
  }

  #change(change: (all: readonly StoredLogin[]) => readonly StoredLogin[]): Promise<void> {
    const written = this.#written(change)
    this.#writing = Promise.allSettled([this.#writing, written])
    return written
  }

  async #written(change: (all: readonly StoredLogin[]) => readonly StoredLogin[]): Promise<void> {
    try {
      await this.#document.update(({ logins }) => {
        const data = { logins: change(logins) }
        // What could not be read again would cost every other login.
        if (!isLoginData(data)) throw new TallyError('stateUnwritable', 'what was handed out cannot be kept')
        return data
      })
    } catch (error) {
      if (error instanceof TallyError) throw error
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `the logins were not changed (${code})`)
    }
  }
}

/**
 * Whether a new login ends one of before: there, a device has one, and the one before ended when the new one was made. And where another
 * device answers at the very same place, the one of before is there no more.
 */
export function isReplaced(
  before: Pick<StoredLogin, 'device' | 'url' | 'address'>,
  by: Pick<StoredLogin, 'device' | 'url' | 'address'>,
): boolean {
  return before.device === by.device || (before.url === by.url && before.address === by.address)
}
