// The way to a daemon elsewhere by the login of this device: this machine's daemon asks, because it has the key.
import { ERRORS, TallyError } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import { isNoDaemon, Refusal } from '../connection/errors.ts'
import type { Way } from '../connection/way.ts'
import { refusal } from './web-listener.ts'

interface Question {
  readonly id?: unknown
  readonly method: string
  readonly params?: unknown
}

/** Whether this device is logged in at `url`; `unknown` where no daemon runs here that would know. */
export async function loginAt(own: Daemon, url: string): Promise<'login' | 'none' | 'unknown'> {
  try {
    const { logins } = await own.call('logins.list', {})
    return logins.some((each) => each.url === url && each.state === 'claimed') ? 'login' : 'none'
  } catch (error) {
    if (isNoDaemon(error)) return 'unknown'
    throw error
  }
}

/** `own` is the daemon of this machine. */
export function byLogin(own: Daemon, url: string): Way {
  const ask = async ({ id, method, params }: Question): Promise<unknown> => {
    const { answer } = await own
      .call('logins.call', { url, method, params: params ?? {} })
      .catch((error: unknown) => {
        throw isUnauthorized(error) ? refused(url) : error
      })
    return { jsonrpc: '2.0', id, ...answer }
  }
  const noSubscriptions = () =>
    TallyError.saying(
      'notAllowed',
      'a login asks and is answered, but hears nothing by itself',
      `for what is live, run: tallyctl connect ${url}`,
    )
  return {
    url,
    async ask(message) {
      if (!Array.isArray(message)) return ask(message as Question)
      return Promise.all((message as Question[]).map(ask))
    },
    open: async () => {
      throw noSubscriptions()
    },
    broken: async () => noSubscriptions(),
    closed: async () => noSubscriptions(),
    refusal: (code, message) => refusal(code, message, url, 'login'),
  }
}

function isUnauthorized(error: unknown): boolean {
  return error instanceof Refusal && error.code === ERRORS.unauthorized.code
}

function refused(url: string): TallyError {
  return TallyError.saying(
    'unauthorized',
    `${url} does not take this device's token any more: it was revoked there, or has expired`,
    `run: tallyctl login ${url}`,
  )
}
