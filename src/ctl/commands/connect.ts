// `tallyctl connect URL`: asks another tallyd for a token, shows the code, waits for the owner's yes there, and keeps what it got.
import type { HandedOut } from '../../contract/device-grant.ts'
import { EXIT } from '../../contract/errors.ts'
import { Daemon } from '../connection/daemon.ts'
import { addressOf } from '../remote/address.ts'
import { type Credential, readCredentials } from '../remote/credentials.ts'
import { begin, discover, type Endpoints, poll, revoke } from '../remote/enrolment.ts'
import { checkKeeping, keepCredential } from '../remote/keep.ts'
import { pinOf } from '../remote/reach.ts'
import type { Place } from '../remote/request.ts'
import { awaitToken } from '../remote/waiting.ts'
import { webListener } from '../remote/web-listener.ts'
import { clean } from '../terminal/text.ts'
import { bannerLines, labelIn, showTimeLeft } from './code-shown.ts'
import type { Command, Surrounding } from './command.ts'
import { untilInterrupted } from './interruption.ts'
import type { Asked } from './parse.ts'
import { askWhoami } from './whoami.ts'

export const connect: Command = async (asked, at) => {
  const address = addressOf(asked.words[0] ?? '')
  const isKept = !asked.has('no-write')
  const given = asked.value('pin')
  const wish = { scopes: [...new Set(asked.values('scope'))], label: labelIn(asked) }
  // Whatever is wrong with the file is better known before somebody was asked for a yes.
  if (isKept) await checkKeeping(at.paths.credentials)
  const before = isKept ? (await readCredentials(at.paths.credentials)).get(address.url) : undefined
  const pin = given === undefined ? (before?.pin ?? null) : pinOf(given)
  const place: Place = { address, pin }
  const interruption = untilInterrupted()
  const enrolling = enrol(place, wish, asked, at)
  const enrolled = await Promise.race([enrolling, interruption.came])
  interruption.stop()
  if (enrolled === null) {
    enrolling.catch(() => undefined)
    if (at.screen.progressColumns !== null) await at.screen.progress('')
    await at.screen.note('nothing was saved')
    return EXIT.failed
  }
  const { handedOut, endpoints } = enrolled
  if (!isKept) return printed(place, handedOut, asked, at)
  const credential = credentialOf(handedOut, pin)
  await kept(credential, place, endpoints, at)
  // Used once, because a token that nobody uses within 10 minutes is taken back.
  const you = await askWhoami(new Daemon(webListener(place, handedOut.token))).catch(
    async (error: unknown) => {
      await at.screen.note('the token is saved, but could not be tried; unless it is used it ends in 10 min')
      throw error
    },
  )
  const { member, token: tokenId, scopes } = you
  await keepCredential(at.paths.credentials, address.url, { ...credential, member, tokenId, scopes })
  if (asked.has('json')) await line({ connected: { url: address.url, member, scopes, tokenId } }, at)
  else {
    await at.screen.answer(connectedLine(address.url, member, scopes))
    await at.screen.note(
      at.screen.typed(`saved in ${at.paths.credentials}; try: tallyctl --host ${address.url} usage`),
    )
  }
  if (before !== undefined) await retire(before, place, endpoints, at)
  return EXIT.ok
}

/** `connected to https://desk.local:4766 as "kitchen display": usage:read`. */
function connectedLine(url: string, member: string | null, scopes: readonly string[]): string {
  const who = member === null ? '' : ` as "${clean(member)}"`
  return `connected to ${url}${who}: ${clean(scopes.join(' '))}`
}

async function enrol(
  place: Place,
  wish: Parameters<typeof begin>[2],
  asked: Asked,
  at: Surrounding,
): Promise<{ readonly handedOut: HandedOut; readonly endpoints: Endpoints }> {
  const { url } = place.address
  const endpoints = await discover(place)
  const begun = await begin(place, endpoints, wish)
  const { userCode: code, verificationUri } = begun
  const until = performance.now() + begun.expiresInMs
  if (asked.has('json')) {
    await line(
      { code, verificationUri, expiresAt: new Date(Date.now() + begun.expiresInMs).toISOString() },
      at,
    )
  } else
    await at.screen.note(
      ...bannerLines({ code, verificationUri, expiresInMs: begun.expiresInMs }).map((each) =>
        at.screen.typed(each),
      ),
    )
  const clock = {
    now: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
  }
  const shown = showTimeLeft(until, at, asked.has('json'))
  try {
    const handedOut = await awaitToken({
      begun,
      poll: () => poll(place, endpoints, begun.deviceCode),
      clock,
      answered: shown.answered,
      again: `tallyctl connect ${url}`,
    })
    return { handedOut, endpoints }
  } finally {
    await shown.end()
  }
}

/** Saves it, or gives it back: a token that nobody has must not stay valid. */
async function kept(
  credential: Credential,
  place: Place,
  endpoints: Endpoints,
  at: Surrounding,
): Promise<void> {
  try {
    await keepCredential(at.paths.credentials, place.address.url, credential)
  } catch (error) {
    const isBack = await revoke(place, endpoints, credential.token).then(
      () => true,
      () => false,
    )
    await at.screen.note(
      `the token could not be saved${isBack ? ' and was given back' : '; unused it ends in 10 min'}`,
    )
    throw error
  }
}

/** The token that was saved before nobody has any more. */
async function retire(
  before: Credential,
  place: Place,
  endpoints: Endpoints,
  at: Surrounding,
): Promise<void> {
  const name =
    before.tokenId === null ? 'the token before it' : `the token before it, ${clean(before.tokenId)},`
  const id = before.tokenId === null ? 'ID' : clean(before.tokenId)
  const says = await revoke(place, endpoints, before.token).then(
    () => `${name} was revoked there`,
    () => at.screen.typed(`${name} is still valid there; to end it, run there: tallyctl tokens revoke ${id}`),
  )
  await at.screen.note(says)
}

/** `--no-write`: the token goes to stdout, once, and nowhere else. */
async function printed(place: Place, handedOut: HandedOut, asked: Asked, at: Surrounding): Promise<number> {
  const { url } = place.address
  const { token, member, scopes, tokenId } = handedOut
  if (asked.has('json')) await line({ connected: { url, member, scopes, tokenId, token } }, at)
  else await at.screen.answer(token)
  await at.screen.note(
    'this token is secret: whoever has it can do what it may. it is saved nowhere and not shown again',
  )
  const you = await askWhoami(new Daemon(webListener(place, token)))
  await at.screen.note(connectedLine(url, you.member, you.scopes))
  return EXIT.ok
}

function credentialOf({ token, tokenId, member, scopes }: HandedOut, pin: string | null): Credential {
  return { token, pin, tokenId, member, scopes, savedAt: new Date().toISOString() }
}

async function line(value: unknown, { screen }: Surrounding): Promise<void> {
  await screen.raw(`${JSON.stringify(value)}\n`)
}
