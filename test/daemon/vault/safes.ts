// A vault for a test: on a real file, its key wherever the test wants it, and a keychain that the test holds.
import { join } from 'node:path'
import { TallyError } from '../../../src/contract/errors.ts'
import type { SecretValue } from '../../../src/contract/vault-items.ts'
import type { VaultKey } from '../../../src/contract/vault-words.ts'
import { DurableFile, type Quarantine } from '../../../src/daemon/store/durable-file.ts'
import { FileSafe } from '../../../src/daemon/vault/file-safe.ts'
import { addSecret } from '../../../src/daemon/vault/items.ts'
import { credential } from '../../../src/daemon/vault/keys/credential.ts'
import { keyFile } from '../../../src/daemon/vault/keys/key-file.ts'
import type { KeychainPlace } from '../../../src/daemon/vault/keys/keychain.ts'
import { passphrase } from '../../../src/daemon/vault/keys/passphrase.ts'
import { made } from '../../../src/daemon/vault/keys/place.ts'
import { isSealed, newId, SCHEMA, type Sealed } from '../../../src/daemon/vault/sealed.ts'
import { Vault } from '../../../src/daemon/vault/vault.ts'

export const AT = '2026-11-20T12:00:00.000Z'
export const WORDS = 'correct horse battery staple'

/** What a keychain does that is not there, is locked, or takes and gives back. */
export type Mood = 'works' | 'absent' | 'locked'

export class FakeKeychain implements KeychainPlace {
  mood: Mood
  readonly entries = new Map<string, Buffer>()

  constructor(mood: Mood) {
    this.mood = mood
  }

  async tryMake() {
    if (this.mood === 'locked') throw new TallyError('keychainLocked')
    return this.mood === 'absent' ? null : this.make()
  }

  async make() {
    this.#answer()
    const [id, key] = [newId(), Buffer.alloc(32, this.entries.size + 1)]
    this.entries.set(id, key)
    return made({ from: 'keychain', id }, Buffer.from(key))
  }

  async get({ id }: { id: string }) {
    this.#answer()
    const found = this.entries.get(id)
    if (found === undefined) throw new TallyError('vaultUnreadable', 'the keychain has no key of it')
    return Buffer.from(found)
  }

  async forget({ id }: { id: string }) {
    this.#answer()
    this.entries.delete(id)
  }

  #answer(): void {
    if (this.mood === 'locked') throw new TallyError('keychainLocked')
    if (this.mood === 'absent') throw new TallyError('keychainUnavailable')
  }
}

export interface Made {
  readonly vault: Vault
  readonly file: DurableFile<Sealed>
  readonly quarantines: Quarantine[]
  /** Old keys that could not be removed. */
  readonly left: string[]
  readonly clock: { ms: number }
}

export interface Wanted {
  readonly keychain?: FakeKeychain
  readonly credentials?: string
  readonly pinned?: VaultKey
}

/** The vault of this folder, as after a start. */
export function vaultIn(folder: string, wanted: Wanted = {}): Made {
  const { keychain = new FakeKeychain('absent'), credentials, pinned } = wanted
  const path = join(folder, 'vault.json')
  const quarantines: Quarantine[] = []
  const left: string[] = []
  const clock = { ms: 1_000 }
  const file = new DurableFile<Sealed>({
    path,
    schema: SCHEMA,
    check: isSealed,
    onQuarantine: (quarantine) => quarantines.push(quarantine),
  })
  const places = {
    keychain,
    credential: credential(credentials),
    passphrase,
    file: keyFile(join(folder, 'vault.key')),
  }
  const onLeftKey = (key: string, why: string | null) => void (why !== null && left.push(key))
  const safe = new FileSafe({ path, file, places, pinned, onLeftKey, ticks: () => clock.ms })
  return { vault: new Vault(safe), file, quarantines, left, clock }
}

export const apiKey = (value: string): SecretValue => ({ type: 'api-key', fields: { apiKey: value } })

/** Adds an API key of that name, whose value is `value of NAME`. */
export function add(vault: Vault, name: string): Promise<void> {
  return vault.change((before) => ({
    contents: addSecret(before, name, apiKey(`value of ${name}`), AT),
    result: undefined,
  }))
}

export async function namesIn(vault: Vault): Promise<string[]> {
  return (await vault.read()).secrets.map(({ name }) => name)
}

/** The word of the error that it ends with; `ok` where it does not. */
export async function refusal(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'ok',
    (error) => (error instanceof TallyError ? error.error : String(error)),
  )
}
