// How strong each place of the key is, in one sentence. docs/vault.md says more, and which test shows it.
import type { VaultKey } from '../../contract/vault-words.ts'

const STRENGTH: Readonly<Record<VaultKey, string>> = {
  keychain:
    'the key is in your keychain: whoever has the disk needs your login password; programs that run as you do not',
  credential:
    'the key comes from systemd: whoever has the disk alone needs what protects that credential; programs that run as you do not',
  passphrase:
    'the key comes from your passphrase, which is nowhere: whoever has the disk has to guess it; while unlocked, programs that run as you do not',
  file: 'the key lies in a file beside the vault: a copy of vault.json alone tells nothing, but whoever reads both files reads everything',
}

/** `key` is null while there is none. */
export function strengthOf(key: VaultKey | null): string {
  return key === null ? 'nothing is kept yet, so there is no key' : STRENGTH[key]
}
