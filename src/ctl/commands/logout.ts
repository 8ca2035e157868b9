// `tallyctl logout URL`: gives the saved token back, and forgets it.
import { EXIT, TallyError } from '../../contract/errors.ts'
import { addressOf } from '../remote/address.ts'
import { readCredentials } from '../remote/credentials.ts'
import { discover, revoke } from '../remote/enrolment.ts'
import { dropCredential } from '../remote/keep.ts'
import { pinOf } from '../remote/reach.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const logout: Command = async (asked, at) => {
  const address = addressOf(asked.words[0] ?? '')
  const { url } = address
  const path = at.paths.credentials
  const saved = (await readCredentials(path)).get(url)
  if (saved === undefined) {
    const next =
      'nothing has to be done; tokens in TALLYD_TOKEN or a file are revoked there: tallyctl tokens revoke ID'
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
