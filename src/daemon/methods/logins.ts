// logins.*: where this device is logged in.
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

/** The contract's. */
const LONGEST_LABEL = 64

export function loginsHandlers({ logins, devices, deviceName }: Parts): HandlersOf<'logins'> {
  return {
    'logins.list': async () => ({ logins: (await logins()).list() }),
    'logins.begin': async ({ url, device, address, scopes, label, takeover }) => {
      // Without an identity there is nothing to bind a token to: said before anything is asked.
      void (await devices()).identity()
      const wish = {
        scopes: scopes ?? [],
        label: label ?? deviceName().slice(0, LONGEST_LABEL),
        takeover: takeover === true,
      }
      return { login: await (await logins()).begin({ url, device, address, ...wish }) }
    },
    'logins.end': async ({ url, id, force }) => ({
      ended: await (await logins()).end(url, { id, force: force === true }),
    }),
    'logins.call': async ({ url, method, params }) => ({
      answer: await (await logins()).call(url, { method, ...(params === undefined ? {} : { params }) }),
    }),
  }
}
