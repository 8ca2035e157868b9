// `tallyctl logout URL`: gives back what connect saved and what login got, and forgets it.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import { isNoDaemon, Refusal } from '../connection/errors.ts'
import { addressOf } from '../remote/address.ts'
import { readCredentials } from '../remote/credentials.ts'
import { discover, revoke } from '../remote/enrolment.ts'
import { dropCredential } from '../remote/keep.ts'
import { pinOf } from '../remote/reach.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import type { Asked } from './parse.ts'

export const logout: Command = async (asked, at) => {
  const address = addressOf(asked.words[0] ?? '')
  const { url } = address
  const path = at.paths.credentials
  const saved = (await readCredentials(path)).get(url)
  const left = await leave(url, asked, at)
  if (saved === undefined) {
    if (left === 'left') return EXIT.ok
    const next =
      left === 'unknown'
        ? 'tallyd does not run here, and holds what tallyctl login got: run tallyctl start, then this again'
        : 'nothing has to be done; tokens in TALLYD_TOKEN or a file are revoked there: tallyctl tokens revoke ID'
    throw TallyError.saying('notLoggedIn', `no token for ${url} is saved here`, next)
  }
  const given = asked.value('pin')
  const place = { address, pin: given === undefined ? saved.pin : pinOf(given) }
  const failed = await discover(place)
    .then((endpoints) => revoke(place, endpoints, saved.token))
    .then(
      () => null,
      (error: unknown) => error,
    )
  if (failed !== null && !(failed instanceof TallyError)) throw failed
  const id = saved.tokenId === null ? 'ID' : clean(saved.tokenId)
  const there = `there, run: tallyctl tokens revoke ${id}`
  if (failed !== null && !asked.has('force')) {
    throw TallyError.saying(
      failed.error,
      `the token is still valid there and still saved here, and nothing tries again by itself (${failed.message})`,
      `run it again later, or ${there}, and here: tallyctl logout ${url} --force`,
    )
  }
  await dropCredential(path, url)
  const isRevoked = failed === null
  if (asked.has('json')) {
    await at.screen.json({ loggedOut: { url, tokenId: saved.tokenId, revoked: isRevoked } })
  } else if (isRevoked) await at.screen.answer(`the token for ${url} is revoked there and deleted here`)
  else await at.screen.answer(`the token for ${url} is deleted here`)
  if (!isRevoked) {
    await at.screen.note(
      at.screen.typed(`it is still valid there, and nobody has it to give it back; ${there}`),
    )
  }
  return EXIT.ok
}

/** Ends the login of this device; `unknown` where no daemon runs that would know of it. */
async function leave(url: string, asked: Asked, at: Surrounding): Promise<'left' | 'none' | 'unknown'> {
  const force = asked.has('force')
  try {
    const { ended } = await at.daemon.call('logins.end', { url, ...(force ? { force } : {}) })
    const { tokenId, revoked } = ended
    if (asked.has('json')) await at.screen.json({ loggedOut: { url, tokenId, revoked } })
    else if (revoked) await at.screen.answer(`this device is logged out at ${url}`)
    else await at.screen.answer(`this device is logged out at ${url} as far as it can be here`)
    if (!revoked) {
      const later = force
        ? 'its token is deleted here, and may still be valid there, for nobody'
        : 'it did not answer; its token is given back as soon as it does'
      await at.screen.note(
        at.screen.typed(
          `${later}; there, tallyctl tokens revoke ${tokenId === null ? 'ID' : clean(tokenId)} ends it`,
        ),
      )
    }
    return 'left'
  } catch (error) {
    if (error instanceof Refusal && error.code === ERRORS.notLoggedIn.code) return 'none'
    if (isNoDaemon(error)) return 'unknown'
    throw error
  }
}
