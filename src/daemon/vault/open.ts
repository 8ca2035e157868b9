// Makes the vault of this home. Nothing is read before it is asked for something.
import { join } from 'node:path'
import type { Config } from '../../contract/config.ts'
import type { Paths, Surroundings } from '../../contract/paths.ts'
import { DurableFile } from '../store/durable-file.ts'
import { type Incidents, quarantined } from '../store/incidents.ts'
import { FileSafe } from './file-safe.ts'
import { credential } from './keys/credential.ts'
import { keyFile } from './keys/key-file.ts'
import { keychain } from './keys/keychain.ts'
import { passphrase } from './keys/passphrase.ts'
import { isSealed, SCHEMA, type Sealed } from './sealed.ts'
import { Vault } from './vault.ts'

export interface OpenVaultContext {
  readonly paths: Pick<Paths, 'vault' | 'vaultKey'>
  readonly surroundings: Pick<Surroundings, 'env'>
  readonly config: Pick<Config, 'vault'>
  readonly incidents: Incidents
  /** Of the bundled programs. */
  readonly folder: string
}

/** The code of the incident of a key that was to be removed. */
export const LEFT_KEY = 'vaultKeyLeft'

export function openVault({ paths, surroundings, config, incidents, folder }: OpenVaultContext): Vault {
  const file = new DurableFile<Sealed>({
    path: paths.vault,
    schema: SCHEMA,
    check: isSealed,
    onQuarantine: (quarantine) => incidents.record(quarantined(quarantine)),
  })
  const places = {
    keychain: keychain(join(folder, 'keychain.js')),
    credential: credential(surroundings.env['CREDENTIALS_DIRECTORY']),
    passphrase,
    file: keyFile(paths.vaultKey),
  }
  const onLeftKey = (key: string, why: string | null) => {
    if (why === null) incidents.resolve(LEFT_KEY, key)
    else
      incidents.record({
        code: LEFT_KEY,
        subject: key,
        says: `the vault has another key now, but the one before could not be removed from its place, ${key} (${why})`,
        next: `run tallyctl vault protect with the place where the key is now, which finishes it; else ${key === 'file' ? `remove ${paths.vaultKey}` : 'remove it there by hand'}: it may open old copies of ${paths.vault}`,
      })
  }
  const pinned = config.vault?.key
  return new Vault(
    new FileSafe({ path: paths.vault, file, places, pinned, onLeftKey, ticks: () => performance.now() }),
  )
}
