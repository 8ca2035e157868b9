// The document of logins: what is on the disk, and every change of it.
import { TallyError } from '../../contract/errors.ts'
import type { Document } from '../store/document.ts'
import type { LoginData, StoredLogin } from './login-data.ts'

export class Shelf {
  readonly #document: Document<LoginData>

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
   * Adds a login. The ones before it at the same device go: there, a device has one, and the one before ended when this one was made.
   * One at the same address that belongs to another device is to be given back. Throws TallyError stateUnwritable.
   */
  add(login: StoredLogin): Promise<void> {
    return this.#change((all) => [
      ...all
        .filter(({ device }) => device !== login.device)
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

  /** Throws TallyError stateUnwritable. */
  drop(id: string): Promise<void> {
    return this.#change((all) => all.filter((each) => each.id !== id))
  }

  async #change(change: (all: readonly StoredLogin[]) => readonly StoredLogin[]): Promise<void> {
    try {
      await this.#document.update(({ logins }) => ({ logins: change(logins) }))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new TallyError('stateUnwritable', `the logins were not changed (${code})`)
    }
  }
}
