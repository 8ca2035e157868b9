// The safe on the disk: one encrypted document, so that every change is all or nothing, and the key wherever it rests. What cannot be
// opened with the key that is at hand is never changed: only where the key is known to be right is a file taken for damaged.
import { TallyError } from '../../contract/errors.ts'
import type { VaultKey } from '../../contract/vault-words.ts'
import type { DurableFile } from '../store/durable-file.ts'
import type { Contents } from './contents.ts'
import { Attempts } from './keys/attempts.ts'
import type { CredentialPlace } from './keys/credential.ts'
import type { KeychainPlace } from './keys/keychain.ts'
import { keyFrom } from './keys/passphrase.ts'
import type { KeyPlace, MadeKey } from './keys/place.ts'
import { fits, type KeyHeader, type Sealed, seal, unseal } from './sealed.ts'
import { strengthOf } from './strength.ts'
import { codeOf, type Safe } from './vault.ts'

export interface Places extends Readonly<Record<VaultKey, KeyPlace>> {
  readonly keychain: KeychainPlace
  readonly credential: CredentialPlace
}

export interface FileSafeContext {
  readonly path: string
  readonly file: Pick<DurableFile<Sealed>, 'read' | 'before' | 'giveUp' | 'write'>
  readonly places: Places
  /** Where the config file wants the key. */
  readonly pinned: VaultKey | undefined
  /** An old key could not be removed; null when one was. */
  readonly onLeftKey: (key: VaultKey, why: string | null) => void
  /** Milliseconds of a clock that is never set back. */
  readonly ticks: () => number
}

export class FileSafe implements Safe {
  readonly #at: FileSafeContext
  readonly #attempts: Attempts
  /** The key while it is known. */
  #made: MadeKey | undefined

  constructor(context: FileSafeContext) {
    this.#at = context
    this.#attempts = new Attempts(context.ticks)
  }

  async open(): Promise<Contents | null> {
    const newest = await this.#read()
    if (newest === null) return null
    const contents = await this.#openWith(newest, (header) => this.#keyOf(header))
    if (contents !== null) {
      await this.#lookForLeftKey()
      return contents
    }
    throw new TallyError(
      'vaultUnreadable',
      `the key ${inPlace(newest.key.from)} is not the one of ${this.#at.path}`,
      'put back the key that belongs to it, or the version of it that belongs to the key; nothing was changed',
    )
  }

  async store(contents: Contents): Promise<void> {
    this.#made ??= await this.#first()
    await this.#write(this.#made, contents)
  }

  async protect(contents: Contents, to: VaultKey, passphrase: string | undefined): Promise<void> {
    const { pinned, places } = this.#at
    if (pinned !== undefined && pinned !== to) throw new TallyError('setByConfig', 'vault.key')
    const before = this.#made
    if (before?.header.from === to && to !== 'passphrase') return this.#finishMove(before, contents)
    const made = await places[to].make(passphrase)
    try {
      await this.#write(made, contents)
    } catch (error) {
      // A key file that was there before stays; one more entry of a keychain does not.
      if (to === 'keychain') await places.keychain.forget(made.header).catch(() => undefined)
      throw error
    }
    this.#made = made
    // What was left there of a move away is in use again.
    this.#at.onLeftKey(to, null)
    if (before === undefined) return
    await this.#forget(before, contents)
  }

  /** A move that was ended by a kill or a full disk left a version before that the old key opens. */
  async #lookForLeftKey(): Promise<void> {
    const left = await this.#leftKey()
    if (left !== null) this.#at.onLeftKey(left.from, 'the move was interrupted')
  }

  async #finishMove(made: MadeKey, contents: Contents): Promise<void> {
    const left = await this.#leftKey()
    if (left === null) return
    await this.#write(made, contents)
    await this.#at.places[left.from].forget(left)
    this.#at.onLeftKey(left.from, null)
  }

  /** The key of the version before where it rests in another place than the one in use; null where it does not. */
  async #leftKey(): Promise<KeyHeader | null> {
    const before = await this.#at.file.before().catch(() => null)
    const now = this.#made?.header
    return before === null || now === undefined || before.key.from === now.from ? null : before.key
  }

  async unlock(passphrase: string): Promise<Contents> {
    const newest = await this.#read()
    if (newest?.key.from !== 'passphrase') {
      throw TallyError.saying(
        'noPassphrase',
        'the vault has no passphrase',
        'see where its key is: tallyctl vault',
      )
    }
    this.#attempts.check()
    const contents = await this.#openWith(newest, (header) => keyFrom(passphrase, header))
    if (contents === null) {
      this.#attempts.wrong()
      throw new TallyError('wrongPassphrase')
    }
    this.#attempts.right()
    return contents
  }

  async lock(): Promise<void> {
    const from = this.#made?.header.from ?? (await this.#read())?.key.from
    if (from !== 'passphrase') throw new TallyError('noPassphrase')
    this.#made?.key.fill(0)
    this.#made = undefined
  }

  async keyState() {
    const { path } = this.#at
    const read = () => this.#read().catch(() => null)
    const key = this.#made?.header.from ?? (await read())?.key.from ?? null
    return { key, path, says: strengthOf(key) }
  }

  async #read(): Promise<Sealed | null> {
    try {
      return await this.#at.file.read()
    } catch (error) {
      throw new TallyError('vaultUnreadable', `${this.#at.path} (${codeOf(error)})`, 'mend its permissions')
    }
  }

  async #keyOf(header: KeyHeader): Promise<Buffer> {
    const { places } = this.#at
    return this.#made?.header.id === header.id ? this.#made.key : places[header.from].get(header)
  }

  /** Null where the key is not the one. Throws TallyError vaultUnreadable where it is, and nothing can be opened with it. */
  async #openWith(newest: Sealed, keyOf: (header: KeyHeader) => Promise<Buffer>): Promise<Contents | null> {
    const key = await keyOf(newest.key)
    const isRight = fits(newest.key, key)
    const contents = isRight ? unseal(newest, key) : null
    if (contents !== null) return this.#adopt({ header: newest.key, key }, contents)
    const older = await this.#openBefore(newest.key, keyOf)
    if (older !== null) return older
    if (!isRight) return null
    throw new TallyError(
      'vaultUnreadable',
      `${this.#at.path} is damaged, and so is the version before it`,
      'put it back from a backup; nothing was changed',
    )
  }

  /** The version before, where the same key opens it: then the newest is damaged, whatever it says of itself. */
  async #openBefore(
    newest: KeyHeader,
    keyOf: (header: KeyHeader) => Promise<Buffer>,
  ): Promise<Contents | null> {
    const { file } = this.#at
    const before = await file.before()
    if (before === null || before.key.id !== newest.id || before.key.from !== newest.from) return null
    const key = await keyOf(before.key)
    const contents = fits(before.key, key) ? unseal(before, key) : null
    if (contents === null) return null
    await file.giveUp('it does not authenticate', before)
    return this.#adopt({ header: before.key, key }, contents)
  }

  #adopt(made: MadeKey, contents: Contents): Contents {
    this.#made = made
    return contents
  }

  /** The best place that there is. A keychain that is locked is not passed over for something weaker. */
  async #first(): Promise<MadeKey> {
    const { pinned, places } = this.#at
    if (pinned === 'passphrase') {
      throw TallyError.saying(
        'vaultLocked',
        'the config file wants a passphrase for the vault, and there is none yet',
        'run: tallyctl vault protect passphrase',
      )
    }
    if (pinned !== undefined) return places[pinned].make(undefined)
    const kept = await places.keychain.tryMake()
    if (kept !== null) return kept
    return (await places.credential.isThere())
      ? places.credential.make(undefined)
      : places.file.make(undefined)
  }

  async #write({ header, key }: MadeKey, contents: Contents): Promise<void> {
    await this.#at.file.write(seal(header, key, contents))
  }

  /** First the version before is one of the new key as well: else the old key could still open something, and nothing could without. */
  async #forget(before: MadeKey, contents: Contents): Promise<void> {
    const { from } = before.header
    try {
      if (this.#made !== undefined) await this.#write(this.#made, contents)
      await this.#at.places[from].forget(before.header)
      this.#at.onLeftKey(from, null)
    } catch (error) {
      this.#at.onLeftKey(from, error instanceof TallyError ? error.message : codeOf(error))
    }
    before.key.fill(0)
  }
}

function inPlace(from: VaultKey): string {
  return from === 'passphrase' ? 'of the passphrase' : from === 'file' ? 'in vault.key' : `in the ${from}`
}
