// `tallyctl whoami`: who is asking, as the daemon sees it: its owner here, a token's member elsewhere.
import type { Whoami } from '../../contract/access.ts'
import { ERRORS, EXIT } from '../../contract/errors.ts'
import type { Daemon } from '../connection/daemon.ts'
import { Refusal } from '../connection/errors.ts'
import { when } from '../terminal/figures.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const whoami: Command = async (asked, at) => {
  const you = await askWhoami(at.daemon)
  if (asked.has('json')) await at.screen.json({ you })
  else await at.screen.answer(...whoamiLines(you, Date.now()), ...(await loginLines(you, at.daemon)))
  return EXIT.ok
}

export async function askWhoami(daemon: Daemon): Promise<Whoami> {
  return (await daemon.call('access.whoami', {})).you
}

/** Where this device is logged in, for its owner. */
async function loginLines({ asker }: Whoami, daemon: Daemon): Promise<string[]> {
  if (asker !== 'owner') return []
  const { logins } = await daemon.call('logins.list', {}).catch((error: unknown) => {
    // A daemon of before has none.
    if (error instanceof Refusal && error.code === ERRORS.methodNotFound.code) return { logins: [] }
    throw error
  })
  return logins.flatMap(({ url, member, state, scopes }) => {
    const who = member === null ? '' : ` by "${clean(member)}"`
    if (state === 'claimed') return [`claimed  at ${clean(url)}${who}, may ${clean(scopes.join(' '))}`]
    return state === 'leaving' ? [`leaving  ${clean(url)}, which did not answer yet`] : []
  })
}

/** Who, with what, where; `now` in Unix milliseconds. */
export function whoamiLines(
  { asker, member, token, label, scopes, expiresAt, device }: Whoami,
  now: number,
): string[] {
  const where = clean(device.name)
  if (asker === 'owner') return [`the owner of ${where}, who may do everything`]
  const until = expiresAt === null ? '' : `, until ${when(expiresAt, now)}`
  return [
    `${clean(member ?? asker)} on ${where}`,
    ...(token === null
      ? []
      : [`token    ${clean(token)}${label === null ? '' : ` "${clean(label)}"`}${until}`]),
    `may      ${clean(scopes.join(' '))}`,
  ]
}
