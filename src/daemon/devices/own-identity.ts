// This device's own identity while the daemon runs: read at the start, and taken anew when its owner adopts, renews or mends it.
import { TallyError } from '../../contract/errors.ts'
import {
  adoptIdentity,
  type Identity,
  type IdentityContext,
  loadIdentity,
  openIdentity,
  renewIdentity,
} from '../identity/identity.ts'
import type { Log } from '../store/log.ts'

export interface OwnIdentityContext extends IdentityContext {
  readonly log: Pick<Log, 'info' | 'error'>
  /** Another one holds from now on: everything that was opened with the one before is to be opened again. */
  readonly taken: () => Promise<void>
}

export class OwnIdentity {
  readonly #context: OwnIdentityContext
  #identity: Identity | TallyError
  #mending: Promise<void> | undefined
  #stopped = false

  private constructor(context: OwnIdentityContext, identity: Identity | TallyError) {
    this.#context = context
    this.#identity = identity
  }

  /** Reads it, or makes it. One that cannot be read is no reason not to start. */
  static async open(context: OwnIdentityContext): Promise<OwnIdentity> {
    return new OwnIdentity(context, await openIdentity(context).catch(asTallyError))
  }

  /** The identity, or why there is none. */
  get state(): Identity | TallyError {
    return this.#identity
  }

  /** The device's id; null where it cannot be read. */
  get id(): string | null {
    return this.#identity instanceof TallyError ? null : this.#identity.fingerprint
  }

  /** Throws TallyError identityUnreadable or stateUnwritable: why there is none. */
  known(): Identity {
    if (this.#identity instanceof TallyError) throw this.#identity
    return this.#identity
  }

  /** See Devices.mend. */
  async mend(): Promise<void> {
    if (!(this.#identity instanceof TallyError)) return
    this.#mending ??= this.#readAgain()
      .catch((error) => this.#context.log.error('the identity was mended, but not taken', error))
      .finally(() => {
        this.#mending = undefined
      })
    await this.#mending
  }

  /** Throws TallyError as `adoptIdentity` does. */
  async adopt(): Promise<void> {
    await this.#take(await adoptIdentity(this.#context))
  }

  /** `endAll` ends every trust in the one before, once there is a new one. Throws TallyError stateUnwritable. */
  async renew(endAll: () => Promise<void>): Promise<void> {
    const { identity } = await renewIdentity(this.#context)
    await endAll()
    await this.#take(identity)
  }

  /** From now on none is read again. */
  stop(): void {
    this.#stopped = true
  }

  /** The owner may have mended the file. One that is gone meanwhile is not replaced: that would cost every pairing. */
  async #readAgain(): Promise<void> {
    const fresh = await loadIdentity(this.#context).catch(() => null)
    if (fresh === null || this.#stopped || !(this.#identity instanceof TallyError)) return
    this.#context.log.info('the identity can be read again')
    await this.#take(fresh)
  }

  async #take(fresh: Identity): Promise<void> {
    this.#identity = fresh
    await this.#context.taken()
  }
}

function asTallyError(error: unknown): TallyError {
  if (error instanceof TallyError) return error
  throw error
}
