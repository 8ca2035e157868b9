// `tallyctl receive`: fetches what another device sends, shows it, asks what to do where names are taken, and saves it if you say so.
import { ERRORS, EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Decision, Edit, Preview } from '../../contract/transfers.ts'
import { Refusal } from '../connection/errors.ts'
import { asked as ask, askedInSecret, canAsk, NothingTyped } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { failureOf } from './failure.ts'
import { untilInterrupted } from './interruption.ts'
import { foundLines, readCode } from './pair.ts'
import type { Asked } from './parse.ts'
import { decide, decisionsIn, reviewLines, taken } from './review.ts'
import { outcomeLines, watchTransfer, whyEnded } from './transfer-words.ts'

export const receive: Command = async (asked, at) => {
  const { daemon, screen } = at
  const given = decisionsIn(asked)
  const place = await placeOf(asked, at)
  const interruption = untilInterrupted()
  const { received, repeated } =
    'transfer' in place
      ? { ...(await daemon.call('transfers.accept', { id: place.transfer })), repeated: null }
      : await daemon.call('transfers.receive', place)
  if (received === null) {
    // It was saved before, and its sender had not heard.
    if (repeated === null) throw new TallyError('transferFailed')
    return answer(repeated, [], asked, at)
  }
  const over = new AbortController()
  let why: string | null = null
  watchTransfer(daemon, received.id, 'receiver', (transfer) => {
    if (!['declined', 'expired', 'failed'].includes(transfer.state)) return
    why = HERE[transfer.why ?? ''] ?? whyEnded(transfer.why)
    over.abort()
  }).catch(() => undefined)
  try {
    let decisions = given(received)
    const isShown = !asked.has('json') && canAsk()
    const isAsked = isShown && !asked.has('yes')
    if (isShown) await screen.note(...reviewLines(received))
    let committed: Result<'transfers.commit'>['committed'] | null = null
    for (; committed === null; decisions = []) {
      const answered = reviewed(received, decisions, asked, isAsked, over.signal).catch((error: unknown) => {
        if (error instanceof NothingTyped && why === null) return null
        throw error
      })
      const decided = await Promise.race([interruption.came, answered])
      if (decided === null) {
        await daemon.call('transfers.cancel', { id: received.id }).catch(() => undefined)
        await screen.note(`nothing was saved; ${clean(received.from.name)} is told`)
        return EXIT.failed
      }
      try {
        committed = (await daemon.call('transfers.commit', { id: received.id, ...decided })).committed
      } catch (error) {
        if (!isAsked || !isMisdecided(error)) throw error
        await screen.note(failureOf(error, 'receive').sentence)
      }
    }
    if (!committed.told && !asked.has('json')) {
      await screen.note(`${clean(received.from.name)} may not have heard of it: the connection ended`)
    }
    return await answer(committed.outcome, committed.unlinked, asked, at)
  } catch (error) {
    // Our own ending of it, which comes next, is not the reason.
    const ended: string | null = why
    await daemon.call('transfers.cancel', { id: received.id }).catch(() => undefined)
    if (ended !== null) throw new TallyError('transferFailed', ended)
    throw error
  }
}

/** Words of the sender's side mean another thing here. */
const HERE: Readonly<Record<string, string>> = {
  expired: 'it was not decided in time',
  full: 'it could not be saved here',
}

/** Whether only what the owner decided does not fit: they decide again. */
function isMisdecided(error: unknown): boolean {
  return error instanceof Refusal && MISDECIDED.some((name) => ERRORS[name].code === error.code)
}

const MISDECIDED = ['undecided', 'invalidParams', 'secretExists', 'configExists'] as const

async function answer(
  outcome: Parameters<typeof outcomeLines>[0],
  unlinked: readonly { config: string; role: string; secret: string }[],
  asked: Asked,
  { screen }: Surrounding,
): Promise<number> {
  if (asked.has('json')) {
    await screen.raw(`${JSON.stringify({ outcome, unlinked })}\n`)
    return EXIT.ok
  }
  await screen.answer(...outcomeLines(outcome))
  const lines = unlinked.map(
    ({ config, role, secret }) => `${clean(config)} has no ${clean(role)}: ${clean(secret)} was declined`,
  )
  if (lines.length > 0) await screen.note(...lines)
  return EXIT.ok
}

/** A transfer that waits, or where to go with which code. */
async function placeOf(
  asked: Asked,
  at: Surrounding,
): Promise<{ readonly transfer: string } | { readonly address: string; readonly code: string }> {
  const [word] = asked.words
  const given = asked.value('code')
  if (given === undefined) {
    const { requests } = await at.daemon.call('requests.list', {})
    const waiting = requests.filter((request) => request.kind === 'transfer')
    const isMeant = ({ id, name }: { id: string; name: string }) =>
      word === undefined || name === word || (word.length >= 8 && id.startsWith(word))
    const found = waiting.filter(({ from }) => isMeant(from))
    if (found.length > 1) {
      const names = found.map(({ from }) => clean(from.name)).join(', ')
      throw new TallyError('noSuchTransfer', `${names} wait: name one`, 'run: tallyctl receive DEVICE')
    }
    if (found[0] !== undefined) return { transfer: found[0].transfer }
  }
  const address = word ?? (await pickedSender(at))
  const code = given === undefined || given === 'ask' ? await askedInSecret('code') : given
  return { address, code: readCode(code, 'the sender shows it: tallyctl secrets send --code') }
}

async function pickedSender(at: Surrounding): Promise<string> {
  if (!canAsk()) {
    throw new TallyError(
      'wrongUsage',
      'no paired device wants to send anything, and no other one is named',
      'run: tallyctl receive HOST --code DIGITS',
    )
  }
  const { found } = await at.daemon.call('discovery.look', {})
  const others = found.filter(({ addresses, openForPairing }) => addresses.length > 0 && openForPairing)
  if (others.length === 0) return ask('device or address')
  await at.screen.note(...foundLines(others))
  const reply = await ask(others.length === 1 ? 'receive from [1]' : `receive from [1-${others.length}]`)
  const chosen = others[Number(reply === '' && others.length === 1 ? 1 : reply) - 1]
  return chosen?.addresses[0] ?? reply
}

/** What the owner decided; null is no. */
async function reviewed(
  preview: Preview,
  given: readonly Decision[],
  asked: Asked,
  isAsked: boolean,
  over: AbortSignal,
): Promise<{ decisions: Decision[]; edits: Edit[] } | null> {
  const decisions = [...given]
  if (asked.has('yes')) {
    for (const { kind, name } of taken(preview, decisions)) {
      if (kind === 'secret') decisions.push({ kind, name, choice: 'reuse' })
    }
  }
  // What is still open the daemon names.
  return isAsked ? decide(preview, decisions, over) : { decisions, edits: [] }
}
