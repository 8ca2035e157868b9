// `tallyctl login URL`: this device's tallyd asks another one for a token that is bound to its certificate; shows the code, and waits.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { LoginRow } from '../../contract/logins.ts'
import type { Daemon } from '../connection/daemon.ts'
import { addressOf } from '../remote/address.ts'
import { readCredentials } from '../remote/credentials.ts'
import { discover } from '../remote/enrolment.ts'
import { pinOf } from '../remote/reach.ts'
import { clean } from '../terminal/text.ts'
import { bannerLines, labelIn, showTimeLeft } from './code-shown.ts'
import type { Command, Surrounding } from './command.ts'
import { type Interruption, untilInterrupted } from './interruption.ts'

export const login: Command = async (asked, at) => {
  const address = addressOf(asked.words[0] ?? '')
  const { url } = address
  const given = asked.value('pin')
  const saved = given === undefined ? (await readCredentials(at.paths.credentials)).get(url)?.pin : undefined
  // Who has to present which certificate is learnt over a connection that is trusted.
  const { bound } = await discover({ address, pin: given === undefined ? (saved ?? null) : pinOf(given) })
  if (bound === null) {
    const says = `${url} gives tokens to no device now: its LAN listener is closed`
    throw TallyError.saying('notAllowed', says, 'there, run: tallyctl share always')
  }
  const scopes = [...new Set(asked.values('scope'))]
  const interruption = untilInterrupted()
  const { login: begun } = await at.daemon.call('logins.begin', {
    url,
    ...bound,
    ...(scopes.length === 0 ? {} : { scopes }),
    ...(asked.value('label') === undefined ? {} : { label: labelIn(asked) }),
    ...(asked.has('takeover') ? { takeover: true } : {}),
  })
  const { code } = begun
  if (code === null) throw new TallyError('internalError', 'tallyd has no code to show')
  const expiresInMs = Math.max(0, Date.parse(code.expiresAt) - Date.now())
  const shown = { code: code.userCode, verificationUri: code.verificationUri, expiresAt: code.expiresAt }
  if (asked.has('json')) await at.screen.raw(`${JSON.stringify(shown)}\n`)
  else await at.screen.note(...bannerLines({ ...shown, expiresInMs }).map((each) => at.screen.typed(each)))
  const ended = await waited(begun, expiresInMs, interruption, at, asked.has('json'))
  if (ended === null) {
    await at.daemon.call('logins.end', { url, id: begun.id }).catch(() => undefined)
    await at.screen.note('nothing was saved')
    return EXIT.failed
  }
  if (ended.state !== 'claimed') throw failed(ended, url)
  const { member, tokenId } = ended
  if (asked.has('json')) {
    await at.screen.raw(`${JSON.stringify({ loggedIn: { url, member, scopes: ended.scopes, tokenId } })}\n`)
    return EXIT.ok
  }
  const who = member === null ? '' : ` as "${clean(member)}"`
  await at.screen.answer(`logged in at ${url}${who}: ${clean(ended.scopes.join(' '))}`)
  await at.screen.note(at.screen.typed(`the token is this device's alone; try: tallyctl --host ${url} usage`))
  return EXIT.ok
}

/** The login once it is asked for no more; null where somebody stopped it. */
async function waited(
  { id }: LoginRow,
  expiresInMs: number,
  interruption: Interruption,
  at: Surrounding,
  isSilent: boolean,
): Promise<LoginRow | null> {
  const time = showTimeLeft(performance.now() + expiresInMs, at, isSilent)
  try {
    return await Promise.race([interruption.came, over(at.daemon, id, time.answered)])
  } finally {
    interruption.stop()
    await time.end()
  }
}

function over(daemon: Daemon, id: string, answered: (was: boolean) => void): Promise<LoginRow> {
  return new Promise((resolve, reject) => {
    const heard = ({ logins }: { readonly logins: readonly LoginRow[] }): void => {
      const own = logins.find((each) => each.id === id)
      if (own === undefined) {
        const says = 'it was ended here: by tallyctl logout, or by another login at this address'
        reject(TallyError.saying('notAllowed', says, 'see what there is now: tallyctl whoami'))
        return
      }
      answered(own.problem === null)
      if (own.state !== 'asking') resolve(own)
    }
    daemon.listen([{ event: 'logins.changed' }], { 'logins.changed': heard }).catch(reject)
  })
}

function failed({ problem }: LoginRow, url: string): TallyError {
  const again = `run again: tallyctl login ${url}`
  const says = problem === null ? 'it did not succeed' : clean(problem.says)
  switch (problem?.code) {
    case 'claimed_by_other':
      return TallyError.saying(
        'claimedByOther',
        `another member has claimed this device there`,
        `let it log out first, or run: tallyctl login ${url} --takeover`,
      )
    case 'expired_token':
      return TallyError.saying('timedOut', says, `for a new code, run: tallyctl login ${url}`)
    case 'stateUnwritable':
      return TallyError.saying(
        'stateUnwritable',
        says,
        'free some space or mend the permissions: tallyctl doctor',
      )
    default:
      return TallyError.saying('notAllowed', says, again)
  }
}
