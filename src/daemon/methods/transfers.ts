// transfers.*: a secret or a configuration on its way to another device.
import { TRANSFER } from '../../contract/transfer-words.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

export function transfersHandlers({ transfers, devices }: Parts): HandlersOf<'transfers'> {
  /** An identity that was mended is known by now. */
  const ready = async () => {
    await devices()
    return transfers()
  }
  return {
    'transfers.send': async ({ secrets, configs, edits = [], to, seconds = TRANSFER.waitsSeconds }) =>
      (await ready()).send({ secrets, configs, edits, to, seconds }),
    'transfers.receive': async ({ address, code }) => (await ready()).arrivals.receive(address, code),
    'transfers.accept': async ({ id }) => ({ received: await (await transfers()).arrivals.accept(id) }),
    'transfers.commit': async ({ id, decisions = [], edits = [] }) => ({
      committed: await (await transfers()).arrivals.commit(id, decisions, edits),
    }),
    'transfers.cancel': async ({ id }) => ({ cancelled: { existed: (await transfers()).cancel(id) } }),
    'transfers.list': async () => ({ transfers: (await transfers()).list() }),
  }
}
