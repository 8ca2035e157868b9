// `tallyctl logout URL`: gives back what connect saved and what login got, and forgets it.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import { isNoDaemon, Refusal } from '../connection/errors.ts'
import { addressOf } from '../remote/address.ts'
import { type Credential, readCredentials } from '../remote/credentials.ts'
import { discover, revoke } from '../remote/enrolment.ts'
import { dropCredential } from '../remote/keep.ts'
import { pinOf } from '../remote/reach.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import type { Asked } from './parse.ts'

export const logout: Command = async (asked, at) => {
  const address = addressOf(asked.words[0] ?? '')
  const { url } = address
  // First what the daemon holds: a file of tokens that cannot be read is no reason to stay logged in.
  const left = await leave(url, asked, at)
  const saved = (await readCredentials(at.paths.credentials)).get(url)
  if (saved === undefined && left === 'none') throw nothingHere(url, 'nothing has to be done')
  if (saved === undefined && left === 'unknown') {
    throw nothingHere(
      url,
      'tallyd does not run here, and holds what login got: tallyctl start, then this again',
    )
  }
  const ended = saved === undefined ? null : await giveBack(address, saved, asked, at)
  const login = typeof left === 'string' ? null : left
  if (asked.has('json')) {
    const { tokenId, revoked } = (ended ?? login)!
    const both = ended !== null && login !== null ? { login } : {}
    await at.screen.json({ loggedOut: { url, tokenId, revoked, ...both } })
    return EXIT.ok
  }
  if (login !== null) await sayLeft(url, login, asked, at)
  if (ended !== null) await saySaved(url, ended, at)
  return EXIT.ok
}

interface GivenBack {
  readonly tokenId: string | null
  readonly revoked: boolean
}

function nothingHere(url: string, next: string): TallyError {
  const more = '; tokens in TALLYD_TOKEN or a file are revoked there: tallyctl tokens revoke ID'
  return TallyError.saying('notLoggedIn', `no token for ${url} is saved here`, `${next}${more}`)
}

/** Gives back what connect saved, and forgets it. Throws TallyError where it is still valid and --force was not said. */
async function giveBack(
  address: ReturnType<typeof addressOf>,
  saved: Credential,
  asked: Asked,
  at: Surrounding,
): Promise<GivenBack> {
  const given = asked.value('pin')
  const place = { address, pin: given === undefined ? saved.pin : pinOf(given) }
  const { tokenId } = saved
  const failed = await discover(place)
    .then((endpoints) => revoke(place, endpoints, saved.token))
    .then(
      () => null,
      (error: unknown) => error,
    )
  if (failed !== null && !(failed instanceof TallyError)) throw failed
  if (failed !== null && !asked.has('force')) {
    throw TallyError.saying(
      failed.error,
      `the token is still valid there and still saved here, and nothing tries again by itself (${failed.message})`,
      `run it again later, or there, run: tallyctl tokens revoke ${idOf(tokenId)}, and here: tallyctl logout ${address.url} --force`,
    )
  }
  await dropCredential(at.paths.credentials, address.url)
  return { tokenId, revoked: failed === null }
}

async function saySaved(
  url: string,
  { tokenId, revoked }: GivenBack,
  { screen }: Surrounding,
): Promise<void> {
  if (revoked) return screen.answer(`the token for ${url} is revoked there and deleted here`)
  await screen.answer(`the token for ${url} is deleted here`)
  const there = `there, run: tallyctl tokens revoke ${idOf(tokenId)}`
  await screen.note(screen.typed(`it is still valid there, and nobody has it to give it back; ${there}`))
}

/** Ends the login of this device; `unknown` where no daemon runs that would know of it. */
async function leave(url: string, asked: Asked, at: Surrounding): Promise<GivenBack | 'none' | 'unknown'> {
  const force = asked.has('force')
  try {
    const { ended } = await at.daemon.call('logins.end', { url, ...(force ? { force } : {}) })
    const { tokenId, revoked } = ended
    return { tokenId, revoked }
  } catch (error) {
    if (error instanceof Refusal && error.code === ERRORS.notLoggedIn.code) return 'none'
    if (isNoDaemon(error)) return 'unknown'
    throw error
  }
}

async function sayLeft(
  url: string,
  { tokenId, revoked }: GivenBack,
  asked: Asked,
  { screen }: Surrounding,
): Promise<void> {
  if (revoked) return screen.answer(`this device is logged out at ${url}`)
  await screen.answer(`this device is logged out at ${url} as far as it can be here`)
  const later = asked.has('force')
    ? 'its token is deleted here, and may still be valid there, for nobody'
    : 'its token could not be given back now; that is tried again until it is (tallyctl doctor says why it is not)'
  const there = `there, tallyctl tokens revoke ${idOf(tokenId)} ends it`
  await screen.note(screen.typed(`${later}; ${there}`))
}

function idOf(tokenId: string | null): string {
  return tokenId === null ? 'ID' : clean(tokenId)
}
