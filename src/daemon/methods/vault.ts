// vault.*: where its key rests, and whether it is open.

import { TallyError } from '../../contract/errors.ts'
import { PASSPHRASE } from '../../contract/vault-words.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function vaultHandlers({ vault, audit, transfers }: Parts): HandlersOf<'vault'> {
  return {
    'vault.status': async () => ({ vault: await (await vault()).status() }),
    'vault.unlock': async ({ passphrase }) => {
      const opened = await vault()
      try {
        await opened.unlock(passphrase)
      } catch (error) {
        const isWrong = error instanceof TallyError && error.error === 'wrongPassphrase'
        if (isWrong) (await audit()).record('wrongPassphrase')
        throw error
      }
      ;(await audit()).record('vaultUnlocked')
      return { unlocked: await opened.status() }
    },
    'vault.lock': async () => {
      const opened = await vault()
      await opened.lock()
      // What was only offered would still be handed out.
      ;(await transfers()).recall()
      return { locked: await opened.status() }
    },
    'vault.protect': async ({ key, passphrase }) => {
      if ((key === 'passphrase') !== (passphrase !== undefined)) throw misplaced(key === 'passphrase')
      const opened = await vault()
      await opened.protect(key, passphrase)
      ;(await audit()).record('vaultProtected', {}, key)
      return { protected: await opened.status() }
    },
  }
}

function misplaced(isMissing: boolean): TallyError {
  return isMissing
    ? TallyError.saying(
        'invalidParams',
        'passphrase: it is missing',
        `give one of ${PASSPHRASE.least} characters or more`,
      )
    : TallyError.saying('invalidParams', 'passphrase: it is given for a key that has none', 'leave it out')
}
