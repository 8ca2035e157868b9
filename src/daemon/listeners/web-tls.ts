// The certificate of the web listener while it runs: the leaf for the names that hold now, made again when those change or it grows old.
import { openWebIdentity, type WebIdentity } from '../identity/web-identity.ts'
import type { Tls } from './web-app.ts'

/** A leaf is good for more than a year; it is made again after this long, in milliseconds. */
const GROWS_OLD_MS = 30 * 86_400_000

export class WebTls {
  readonly #path: string
  readonly #now: () => number
  #identity: WebIdentity | null = null
  #leaf: { readonly names: string; readonly madeAt: number; readonly tls: Promise<Tls> } | null = null

  /** `path` is of the keys; `now` gives Unix milliseconds. */
  constructor(path: string, now: () => number) {
    this.#path = path
    this.#now = now
  }

  /** Makes the keys if there are none. Throws TallyError stateUnreadable or stateUnwritable. */
  async identity(): Promise<WebIdentity> {
    this.#identity ??= await openWebIdentity(this.#path)
    return this.#identity
  }

  /** Key and certificate for these names; the same object as long as it holds. Throws as `identity` does. */
  current(names: readonly string[]): Promise<Tls> {
    const [now, joined] = [this.#now(), names.join(' ')]
    const age = this.#leaf === null ? Number.POSITIVE_INFINITY : Math.abs(now - this.#leaf.madeAt)
    if (this.#leaf?.names === joined && age < GROWS_OLD_MS) return this.#leaf.tls
    const tls = this.#make(names, now)
    this.#leaf = { names: joined, madeAt: now, tls }
    // What failed is tried again.
    tls.catch(() => {
      this.#leaf = null
    })
    return tls
  }

  async #make(names: readonly string[], now: number): Promise<Tls> {
    const identity = await this.identity()
    return { key: identity.keyPem, cert: await identity.chain(names, now) }
  }
}
