// The vault: what it holds is read and changed here, one change after the other, and memory is never ahead of the disk. How it rests
// there, and where its key comes from, is the safe's.
import { TallyError } from '../../contract/errors.ts'
import type { VaultState } from '../../contract/vault.ts'
import type { VaultKey } from '../../contract/vault-words.ts'
import { type Contents, EMPTY, isContents } from './contents.ts'

/** Where contents rest, encrypted. One call at a time. */
export interface Safe {
  /**
   * What is there; null where nothing was kept yet. Asks for the key where it is not known. Throws TallyError vaultLocked,
   * vaultUnreadable, keychainLocked or keychainUnavailable; it never changes what it cannot open.
   */
  open(): Promise<Contents | null>
  /** Resolves when the disk has it; makes the key first where there is none. Throws what the disk says, or TallyError. */
  store(contents: Contents): Promise<void>
  /** Under another key; the old one is gone when it resolves. */
  protect(contents: Contents, key: VaultKey, passphrase: string | undefined): Promise<void>
  /** Throws TallyError wrongPassphrase, passphrasesPaused, noPassphrase or vaultUnreadable. */
  unlock(passphrase: string): Promise<Contents>
  /** Forgets the key. Throws TallyError noPassphrase. */
  lock(): Promise<void>
  /** Where the key is and how strong that is, without asking for it. */
  keyState(): Promise<Pick<VaultState, 'key' | 'says' | 'path'>>
}

/** What a change makes: the contents after it, the same object where nothing changes, and what to answer. */
export interface Changed<T> {
  readonly contents: Contents
  readonly result: T
}

export class Vault {
  readonly #safe: Safe
  /** What the disk holds; undefined until it is opened, and while it is locked. */
  #contents: Contents | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(safe: Safe) {
    this.#safe = safe
  }

  /** Throws TallyError vaultLocked, vaultUnreadable, keychainLocked or keychainUnavailable. */
  read(): Promise<Contents> {
    return this.#inTurn(() => this.#opened())
  }

  /**
   * Resolves when the disk has it; all of it or nothing. Throws what `read` and `act` throw, and TallyError stateUnwritable: then
   * everything is as it was.
   */
  change<T>(act: (contents: Contents) => Changed<T>): Promise<T> {
    return this.#inTurn(async () => {
      const before = await this.#opened()
      const { contents, result } = act(before)
      if (contents !== before) await this.#kept(contents, () => this.#safe.store(contents))
      return result
    })
  }

  /** Never throws: why it cannot be opened is part of it. */
  status(): Promise<VaultState> {
    return this.#inTurn(async () => {
      try {
        const { secrets, configs } = await this.#opened()
        const counted = { secrets: secrets.length, configs: configs.length }
        const found = await this.#safe.keyState()
        return { ...found, ...counted, state: found.key === null ? 'empty' : 'open', problem: null }
      } catch (error) {
        const { error: code, message: says, next } = knownAs(error)
        const state = code === 'vaultLocked' ? 'locked' : 'unreadable'
        const closed = { secrets: null, configs: null, problem: { code, says, next } }
        return { ...(await this.#safe.keyState()), state, ...closed }
      }
    })
  }

  /** Where its key is, which is not asked for. Never throws. */
  keyState(): ReturnType<Safe['keyState']> {
    return this.#inTurn(() => this.#safe.keyState())
  }

  /** Resolves when nothing is being changed. */
  settled(): Promise<unknown> {
    return this.#queue
  }

  /** Throws TallyError wrongPassphrase, passphrasesPaused, noPassphrase or vaultUnreadable. */
  unlock(passphrase: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#contents = await this.#safe.unlock(passphrase)
    })
  }

  /** Only a passphrase locks it. Throws TallyError noPassphrase. */
  lock(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#safe.lock()
      this.#contents = undefined
    })
  }

  /**
   * Moves the key, and encrypts everything anew under it. Throws what `read` throws, and TallyError noCredential, keychainLocked,
   * keychainUnavailable, setByConfig or stateUnwritable: then everything is as it was.
   */
  protect(key: VaultKey, passphrase?: string): Promise<void> {
    return this.#inTurn(async () => {
      const contents = await this.#opened()
      await this.#kept(contents, () => this.#safe.protect(contents, key, passphrase))
    })
  }

  async #opened(): Promise<Contents> {
    this.#contents ??= (await this.#safe.open()) ?? EMPTY
    return this.#contents
  }

  async #kept(contents: Contents, keep: () => Promise<void>): Promise<void> {
    // What could not be read again would cost everything else.
    if (!isContents(contents))
      throw new TallyError('internalError', 'the vault refuses what it could not read again')
    try {
      await keep()
    } catch (error) {
      if (error instanceof TallyError) throw error
      throw new TallyError('stateUnwritable', `the vault was not changed (${codeOf(error)})`)
    }
    this.#contents = contents
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => undefined)
    return done
  }
}

function knownAs(error: unknown): TallyError {
  return error instanceof TallyError ? error : new TallyError('vaultUnreadable', codeOf(error))
}

/** A word for what the disk said: never a text, in which something of the contents could stand. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? error.name : 'unknown'
}
