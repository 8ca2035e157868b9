// The key from a passphrase, by scrypt (RFC 7914). Nothing keeps it: whoever opens the vault types it.
import { scrypt } from 'node:crypto'
import { TallyError } from '../../../contract/errors.ts'
import { KEY_BYTES, type KeyHeader, newId, SCRYPT } from '../sealed.ts'
import { type KeyPlace, made } from './place.ts'

/** Node refuses more than 32 MiB unless it is told. */
const MOST_MEMORY = 64 * 1024 * 1024

export const passphrase: KeyPlace = {
  async make(typed) {
    if (typed === undefined) {
      throw TallyError.saying(
        'invalidParams',
        'passphrase: it is missing',
        'run: tallyctl vault protect passphrase',
      )
    }
    const salt = newId()
    return made({ from: 'passphrase', id: newId(), salt, ...SCRYPT }, await derivedKey(typed, salt))
  },
  get: () => Promise.reject(new TallyError('vaultLocked')),
  forget: async () => undefined,
}

/** The key that these words and this header make, right or wrong. Slow on purpose, off the main thread. */
export function keyFrom(typed: string, header: KeyHeader): Promise<Buffer> {
  return derivedKey(typed, 'salt' in header ? header.salt : '')
}

/** In one form of Unicode, whichever keyboard it was typed on. */
function derivedKey(typed: string, salt: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { ...SCRYPT, maxmem: MOST_MEMORY }
    scrypt(typed.normalize('NFC'), Buffer.from(salt, 'hex'), KEY_BYTES, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}
