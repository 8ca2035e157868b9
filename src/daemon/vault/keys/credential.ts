// The key from a systemd credential (systemd.exec(5), LoadCredential= and LoadCredentialEncrypted=): a file in a folder that only
// this service sees. It is read again whenever the vault is opened, and never written.
import { hkdfSync } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { TallyError } from '../../../contract/errors.ts'
import { KEY_BYTES, type KeyHeader, newId } from '../sealed.ts'
import { type KeyPlace, made } from './place.ts'

/** Its name in the unit. */
export const CREDENTIAL = 'tallyd-vault-key'
const LARGEST_BYTES = 64 * 1024

export interface CredentialPlace extends KeyPlace {
  /** Whether there is one. Never throws. */
  isThere(): Promise<boolean>
}

/** `folder` is what systemd put into CREDENTIALS_DIRECTORY. */
export function credential(folder: string | undefined): CredentialPlace {
  return {
    async make() {
      const [id, salt] = [newId(), newId()]
      return made({ from: 'credential', id, salt }, keyOf(await bytesIn(folder), salt))
    },
    get: async (header) => keyOf(await bytesIn(folder), saltOf(header)),
    // It is systemd's.
    forget: async () => undefined,
    isThere: () =>
      bytesIn(folder).then(
        () => true,
        () => false,
      ),
  }
}

/** Throws TallyError noCredential. */
async function bytesIn(folder: string | undefined): Promise<Buffer> {
  if (folder === undefined || folder === '') throw new TallyError('noCredential')
  const path = join(folder, CREDENTIAL)
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const { size } = await handle.stat()
      if (size < KEY_BYTES || size > LARGEST_BYTES) {
        throw new TallyError(
          'noCredential',
          `${path} has ${size} bytes, not ${KEY_BYTES} to ${LARGEST_BYTES}`,
        )
      }
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof TallyError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new TallyError('noCredential', `${path} (${code})`)
  }
}

function keyOf(bytes: Buffer, salt: string): Buffer {
  const key = hkdfSync('sha256', bytes, Buffer.from(salt, 'hex'), 'tallyd vault credential', KEY_BYTES)
  bytes.fill(0)
  return Buffer.from(key)
}

function saltOf(header: KeyHeader): string {
  return 'salt' in header ? header.salt : ''
}
