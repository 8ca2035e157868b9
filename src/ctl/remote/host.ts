// Which daemon `--host` names, and with which token it is asked: --token-file, then TALLYD_TOKEN, then what tallyctl connect saved, then
// the login of this device.
import { closeSync, openSync, readSync } from 'node:fs'
import { TallyError } from '../../contract/errors.ts'
import type { Paths } from '../../contract/paths.ts'
import { Daemon } from '../connection/daemon.ts'
import { addressOf } from './address.ts'
import { readCredentials, tokenIn } from './credentials.ts'
import { pinOf } from './reach.ts'
import { webListener } from './web-listener.ts'

/** Bytes that are read of a token's file. */
const LONGEST = 4096

export interface HostAsked {
  /** As it was typed. */
  readonly host: string
  readonly pin: string | undefined
  /** A path, or - for standard input. */
  readonly tokenFile: string | undefined
}

/** The daemon at that address. Nothing is sent yet. Throws TallyError wrongUsage, unauthorized or stateUnreadable. */
export async function hostDaemon(
  { host, pin, tokenFile }: HostAsked,
  env: Readonly<Record<string, string | undefined>>,
  paths: Paths,
): Promise<Daemon> {
  const address = addressOf(host)
  const given = pin === undefined ? undefined : pinOf(pin)
  const token = givenToken(tokenFile, env)
  // The saved pin serves for a token that was given, too.
  const isNeeded = token === null || (address.isHttps && given === undefined)
  const saved = isNeeded ? (await readCredentials(paths.credentials)).get(address.url) : undefined
  const secret = token ?? saved?.token
  if (secret === undefined) return loggedIn(address.url, paths)
  return new Daemon(webListener({ address, pin: given ?? saved?.pin ?? null }, secret))
}

async function loggedIn(url: string, paths: Paths): Promise<Daemon> {
  const [{ ownDaemon }, { byLogin, loginAt }] = await Promise.all([
    import('../connection/control-socket.ts'),
    import('./login.ts'),
  ])
  const own = ownDaemon(paths)
  const login = await loginAt(own, url)
  if (login === 'login') return new Daemon(byLogin(own, url))
  const none = `there is no token for ${url} here`
  if (login === 'none') {
    throw TallyError.saying('unauthorized', none, `run: tallyctl connect ${url}, or tallyctl login ${url}`)
  }
  const next = `if this device is logged in there, run: tallyctl start; else: tallyctl connect ${url}`
  throw TallyError.saying('unauthorized', `${none}, and tallyd does not run here`, next)
}

function givenToken(
  tokenFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  if (tokenFile !== undefined) {
    const from = tokenFile === '-' ? 'standard input' : tokenFile
    return tokenIn(beginningOf(tokenFile), from)
  }
  const inEnv = env['TALLYD_TOKEN']
  return inEnv === undefined || inEnv === '' ? null : tokenIn(inEnv, 'TALLYD_TOKEN')
}

/** No more than a token can have is read: it may be a device that never ends. */
function beginningOf(tokenFile: string): string {
  try {
    const descriptor = tokenFile === '-' ? 0 : openSync(tokenFile, 'r')
    const bytes = Buffer.alloc(LONGEST)
    let length = 0
    for (;;) {
      const read = readSync(descriptor, bytes, length, LONGEST - length, null)
      length += read
      if (read === 0 || length === LONGEST) break
    }
    if (tokenFile !== '-') closeSync(descriptor)
    return bytes.toString('utf8', 0, length)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new TallyError(
      'wrongUsage',
      `${tokenFile === '-' ? 'standard input' : tokenFile} cannot be read (${code})`,
      '--token-file takes the path of a file with a token, or - for standard input',
    )
  }
}
