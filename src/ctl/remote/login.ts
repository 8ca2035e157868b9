// The way to a daemon elsewhere by the login of this device: this machine's daemon asks, because it has the key.
import { TallyError } from '../../contract/errors.ts'
import type { LoginRow } from '../../contract/logins.ts'
import type { Daemon } from '../connection/daemon.ts'
import { isNoDaemon } from '../connection/errors.ts'
import type { Way } from '../connection/way.ts'
import { refusal } from './web-listener.ts'

interface Question {
  readonly id?: unknown
  readonly method: string
  readonly params?: unknown
}

/** The login of this device at `url`; undefined where there is none, or no daemon here that could have one. */
export async function loginAt(own: Daemon, url: string): Promise<LoginRow | undefined> {
  try {
    const { logins } = await own.call('logins.list', {})
    return logins.find((each) => each.url === url && each.state === 'claimed')
  } catch (error) {
    if (isNoDaemon(error)) return undefined
    throw error
  }
}

/** `own` is the daemon of this machine. */
export function byLogin(own: Daemon, url: string): Way {
  const ask = async ({ id, method, params }: Question): Promise<unknown> => {
    const { answer } = await own.call('logins.call', { url, method, params: params ?? {} })
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
    refusal: (code, message) => refusal(code, message, url),
  }
}
