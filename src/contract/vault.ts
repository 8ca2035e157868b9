// vault.*: where the key of the vault rests, and whether it is open. secrets.* and configs.* are what it holds. None of this ever
// leaves the control socket. docs/vault.md.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { PASSPHRASE, VAULT_KEYS } from './vault-words.ts'

const none = Type.Object({}, { additionalProperties: false })
const countOrNull = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])

export const VaultState = Type.Object({
  state: Type.Enum(['empty', 'open', 'locked', 'unreadable'], {
    description: 'empty: nothing was kept yet; locked: it waits for the passphrase',
  }),
  key: Type.Union([Type.Enum([...VAULT_KEYS]), Type.Null()], {
    description: 'where its key is; null where there is none yet, or nobody can tell',
  }),
  says: Type.String({ description: 'how strong that is, in one sentence' }),
  path: Type.String(),
  secrets: countOrNull,
  configs: countOrNull,
  problem: Type.Union(
    [Type.Object({ code: Type.String(), says: Type.String(), next: Type.String() }), Type.Null()],
    { description: 'why it cannot be opened' },
  ),
})

const Passphrase = (least: number) =>
  Type.String({ minLength: least, maxLength: PASSPHRASE.most, description: 'secret' })

const opening = ['vaultLocked', 'vaultUnreadable', 'keychainLocked', 'keychainUnavailable'] as const

export const vaultMethods = {
  'vault.status': method({
    summary: 'Where the key of the vault is, how strong that is, and whether it is open.',
    params: none,
    result: Type.Object({ vault: VaultState }),
    errors: [],
    askers: ['owner'],
    example: { params: {} },
  }),
  'vault.unlock': method({
    summary: 'Opens the vault until it is locked or the daemon ends. Slow on purpose.',
    params: Type.Object({ passphrase: Passphrase(1) }, { additionalProperties: false }),
    result: Type.Object({ unlocked: VaultState }),
    errors: ['wrongPassphrase', 'passphrasesPaused', 'noPassphrase', 'vaultUnreadable'],
    askers: ['owner'],
    secret: true,
    example: { params: { passphrase: 'correct horse battery' }, note: 'not run by the example test' },
  }),
  'vault.lock': method({
    summary: 'Forgets the key of a vault that has a passphrase.',
    params: none,
    result: Type.Object({ locked: VaultState }),
    errors: ['noPassphrase'],
    askers: ['owner'],
    example: { params: {}, note: 'not run by the example test' },
  }),
  'vault.protect': method({
    summary: 'Moves the key, and encrypts everything anew under another one; a new passphrase is one, too.',
    params: Type.Object(
      {
        key: Type.Enum([...VAULT_KEYS]),
        passphrase: Type.Optional(Passphrase(PASSPHRASE.least)),
      },
      { additionalProperties: false },
    ),
    result: Type.Object({ protected: VaultState }),
    errors: [...opening, 'noCredential', 'invalidParams', 'setByConfig', 'stateUnwritable'],
    askers: ['owner'],
    secret: true,
    example: { params: { key: 'file' }, note: 'not run by the example test' },
  }),
} as const

export type VaultState = Static<typeof VaultState>
