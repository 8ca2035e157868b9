// displays.*: handing a token to a display by six digits.

import { TallyError } from '../../contract/errors.ts'
import { isIdentityMode, USUAL_IDENTITY } from '../../contract/identity-modes.ts'
import { cleanName } from '../tokens/members.ts'
import { askerWords } from './askers.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function displaysHandlers({ displays, web }: Parts): HandlersOf<'displays'> {
  return {
    async 'displays.pair'({ member, identity = USUAL_IDENTITY, expiresIn }, { asker }) {
      const { url, problem } = web()
      if (url === null) throw new TallyError('webClosed', problem ?? 'the config says web.mode off')
      return {
        url,
        ...(await displays()).open({
          member: cleanName(member),
          identity: isIdentityMode(identity) ? identity : USUAL_IDENTITY,
          expiresIn,
          by: askerWords(asker),
        }),
      }
    },
    'displays.cancel': async () => ({ cancelled: { existed: (await displays()).cancel() } }),
    'displays.show': async () => ({ pairing: (await displays()).show() }),
  }
}
