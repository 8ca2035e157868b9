// `tallyctl secrets send` and `tallyctl configs send`: shows what will be sent, asks, and waits for what becomes of it there.
import { deviceNamed } from '../../contract/device-named.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import { TRANSFER } from '../../contract/transfer-words.ts'
import type { Edit, Transfer } from '../../contract/transfers.ts'
import { counted } from '../terminal/figures.ts'
import { asked as ask, askedToKeep, canAsk, NothingTyped } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { readDuration } from './duration.ts'
import { untilInterrupted } from './interruption.ts'
import type { Asked } from './parse.ts'
import { outcomeLines, watchTransfer, whyEnded } from './transfer-words.ts'

type Configs = Awaited<ReturnType<typeof configsOf>>
type Config = Configs[number]

/** What is to go: names, and what is to be different there. */
interface Parcel {
  readonly secrets: readonly string[]
  readonly config: Config | null
  readonly edit: Omit<Edit, 'config'>
}

export const sendSecret: Command = async (asked, at) => {
  const target = targetIn(asked)
  const { secrets } = await at.daemon.call('secrets.list', {})
  const names = asked.words[0] !== undefined ? [asked.words[0]] : await pickedSecrets(secrets, at)
  for (const name of names) {
    if (!secrets.some((each) => each.name === name)) throw new TallyError('noSuchSecret', clean(name))
  }
  return send({ secrets: names, config: null, edit: {} }, target, asked, at)
}

export const sendConfig: Command = async (asked, at) => {
  const target = targetIn(asked)
  const configs = await configsOf(at)
  const name = asked.words[0] ?? (await pickedConfig(configs, at))
  const config = configs.find((each) => each.name === name)
  if (config === undefined) throw new TallyError('noSuchConfig', clean(name))
  const linked = Object.values(config.links).filter((each) => each !== undefined)
  const only = asked.values('with')
  if (only !== undefined && asked.has('without-secrets')) {
    throw new TallyError('wrongUsage', '--with and --without-secrets say different things: give one of them')
  }
  const foreign = only?.find((each) => !linked.includes(each))
  if (foreign !== undefined) {
    throw new TallyError(
      'wrongUsage',
      `${clean(name)} does not refer to ${clean(foreign)}`,
      `it refers to ${linked.map(clean).join(', ') || 'no secret'}`,
    )
  }
  const secrets = asked.has('without-secrets') ? [] : (only ?? linked)
  const edit = {
    ...given('name', asked.value('as')),
    ...given('description', asked.value('description')),
    ...given('path', asked.value('path')),
  }
  return send({ secrets: [...new Set(secrets)], config, edit }, target, asked, at)
}

type Target = { readonly to: string } | 'code' | null

async function send(parcel: Parcel, target: Target, asked: Asked, at: Surrounding): Promise<number> {
  const isQuiet = asked.has('json') || asked.has('yes') || !canAsk()
  const to = target ?? (await pickedTarget(asked, at))
  const wanted = isQuiet ? parcel : await confirmedBy(parcel, to, at).catch(noWhereBrokenOff)
  if (wanted === null) {
    await at.screen.note('nothing was sent')
    return EXIT.failed
  }
  return offer(wanted, to, asked, at)
}

function noWhereBrokenOff(error: unknown): null {
  if (error instanceof NothingTyped) return null
  throw error
}

async function offer(
  parcel: Parcel,
  to: Exclude<Target, null>,
  asked: Asked,
  at: Surrounding,
): Promise<number> {
  const { daemon, screen } = at
  const { secrets, config, edit } = parcel
  const seconds = secondsIn(asked)
  const interruption = untilInterrupted()
  const { offered, code, port, addresses } = await daemon.call('transfers.send', {
    secrets: [...secrets],
    configs: config === null ? [] : [config.name],
    ...(config === null || Object.keys(edit).length === 0
      ? {}
      : { edits: [{ config: config.name, ...edit }] }),
    ...(to === 'code' ? {} : { to: to.to }),
    seconds,
  })
  const { id, expiresAt } = offered
  if (asked.has('json')) {
    await screen.raw(`${JSON.stringify({ code, port, expiresAt, addresses, id })}\n`)
  } else {
    if (code !== null)
      await screen.answer(
        `code   ${clean(code.slice(0, 3))} ${clean(code.slice(3))}      for ${seconds} s, one use`,
      )
    await screen.note(...howTo(code, addresses).map((line) => screen.typed(line)), 'waiting…')
  }
  let last: Transfer = offered
  const over = new Promise<Transfer>((resolve, reject) => {
    watchTransfer(daemon, id, 'sender', (transfer) => {
      if (!asked.has('json')) void tellOf(last, transfer, at)
      last = transfer
      if (isOver(transfer)) resolve(transfer)
    }).catch(reject)
  })
  let ended = await Promise.race([interruption.came, over])
  if (ended === null) {
    await daemon.call('transfers.cancel', { id }).catch(() => undefined)
    if (last.state === 'reviewed')
      await screen.note('it is being saved there already: waiting for the outcome')
    ended = await over
  }
  if (ended.why === 'cancelledBySender') {
    await screen.note('taken back: nothing was saved there')
    return EXIT.failed
  }
  if (ended.state !== 'committed' || ended.outcome === null) throw failureOf(ended, config !== null)
  if (asked.has('json')) await screen.raw(`${JSON.stringify({ outcome: ended.outcome })}\n`)
  else await screen.answer(...outcomeLines(ended.outcome))
  return EXIT.ok
}

function isOver({ state }: Transfer): boolean {
  return state !== 'offered' && state !== 'accepted' && state !== 'reviewed'
}

function failureOf({ why }: Transfer, isConfig: boolean): TallyError {
  const again = `to send it again, run: tallyctl ${isConfig ? 'configs' : 'secrets'} send`
  if (why === 'expired') return new TallyError('timedOut', whyEnded(why), again)
  return new TallyError(
    'transferFailed',
    whyEnded(why),
    why === 'unknown' ? 'look on the other device' : again,
  )
}

/** What a person wants to know while it waits. */
async function tellOf(before: Transfer, now: Transfer, { screen }: Surrounding): Promise<void> {
  if (now.failed > before.failed) {
    const from = now.wrongFrom.length === 0 ? '' : ` from ${now.wrongFrom.map(clean).join(' or ')}`
    await screen.note(`a wrong code came${from}; ${counted(now.attemptsLeft, 'attempt')} left`)
  }
  if (before.state !== now.state && now.state === 'accepted') {
    await screen.note(`${whoHasIt(now)} has it, and looks at it`)
  }
}

/** `laptop`, or who only calls itself so: the code may have been overseen. */
function whoHasIt({ peer }: Transfer): string {
  if (peer === null) return 'the receiver'
  const name = clean(peer.name)
  return peer.paired ? name : deviceNamed(name, clean(peer.id), clean(peer.address), 'not paired')
}

function howTo(code: string | null, addresses: readonly string[]): string[] {
  if (code === null) return ['on the other device, run: tallyctl receive']
  const [first, ...others] = addresses.map(clean)
  if (first === undefined) return ['on the other machine, run: tallyctl receive']
  const more = others.length === 0 ? [] : [`or, in place of that address: ${others.slice(0, 3).join(', ')}`]
  return [`on the other machine, run: tallyctl receive ${first}`, ...more]
}

/** Null where neither is said: then it is asked. */
function targetIn(asked: Asked): Target {
  const to = asked.value('to')
  if (to !== undefined && asked.has('code')) {
    throw new TallyError('wrongUsage', '--to and --code are two ways to send: give one of them')
  }
  secondsIn(asked)
  return to !== undefined ? { to } : asked.has('code') ? 'code' : null
}

function secondsIn(asked: Asked): number {
  const given = asked.value('for')
  if (given === undefined) return TRANSFER.waitsSeconds
  const seconds = Math.round(readDuration(given, '--for') / 1000)
  if (seconds >= 5 && seconds <= TRANSFER.longestWaitSeconds) return seconds
  throw new TallyError('wrongUsage', '--for takes 5s to 1h')
}

async function pickedTarget(asked: Asked, at: Surrounding): Promise<Exclude<Target, null>> {
  if (!canAsk() || asked.has('json')) throw new TallyError('wrongUsage', '--to or --code is missing')
  const { devices } = await at.daemon.call('devices.list', {})
  const paired = devices.filter(({ self, state }) => !self && state === 'paired')
  if (paired.length === 0) return 'code'
  const lines = [...paired.map(({ name }) => clean(name)), 'another machine, by a code']
  await at.screen.note(...lines.map((line, index) => `${index + 1}  ${line}`))
  const reply = Number(await ask(`send to [1-${lines.length}]`))
  if (reply === lines.length) return 'code'
  const chosen = paired[reply - 1]
  if (chosen === undefined) throw new TallyError('wrongUsage', 'none of them was chosen')
  return { to: chosen.name }
}

/** Shows it, lets it be edited, and asks. Null is no. */
async function confirmedBy(
  parcel: Parcel,
  to: Exclude<Target, null>,
  at: Surrounding,
): Promise<Parcel | null> {
  let wanted = parcel
  for (;;) {
    await at.screen.note(...(await shownLines(wanted, at)))
    const who = to === 'code' ? 'whoever types the code' : clean(to.to)
    await at.screen.note(
      `${who} will have ${wanted.secrets.length === 0 ? 'it' : 'the secrets themselves'}: once it is fetched there, that cannot be undone`,
    )
    const canEdit = wanted.config !== null
    const reply = (await ask(`send it? [y/N${canEdit ? ', e to edit' : ''}]`)).toLowerCase()
    if (reply === 'y' || reply === 'yes') return wanted
    if (!canEdit || reply !== 'e') return null
    wanted = await edited(wanted)
  }
}

async function shownLines({ secrets, config, edit }: Parcel, at: Surrounding): Promise<string[]> {
  const rows = (await at.daemon.call('secrets.list', {})).secrets
  const typeOf = (name: string) => rows.find((each) => each.name === name)?.type ?? ''
  const shown =
    config === null
      ? []
      : [
          `database         ${clean(edit.name ?? config.name)}`,
          `  description    ${clean(edit.description ?? config.description) || '–'}`,
          `  path           ${clean(edit.path ?? config.path)}`,
          ...(config.origin === undefined ? [] : [`  origin         ${clean(config.origin)}`]),
        ]
  return [...shown, ...secrets.map((name) => `${clean(typeOf(name)).padEnd(17)}${clean(name)}`)]
}

/** Name, description and path of the configuration, and which of its secrets go along. */
async function edited({ secrets, config, edit }: Parcel): Promise<Parcel> {
  if (config === null) return { secrets, config, edit }
  const name = await askedToKeep('name', edit.name ?? config.name)
  const before = edit.description ?? config.description
  const description = await askedToKeep('description', before, { mayBeEmpty: true })
  const path = await askedToKeep('path', edit.path ?? config.path)
  const linked = [...new Set(Object.values(config.links).filter((each) => each !== undefined))]
  const kept: string[] = []
  for (const secret of linked) {
    const reply = (await ask(`send ${clean(secret)} too? [Y/n]`)).toLowerCase()
    if (reply !== 'n' && reply !== 'no') kept.push(secret)
  }
  return { secrets: kept, config, edit: { name, description, path } }
}

async function pickedSecrets(
  secrets: readonly { name: string; type: string }[],
  at: Surrounding,
): Promise<string[]> {
  if (!canAsk()) throw new TallyError('wrongUsage', 'NAME is missing', 'run: tallyctl secrets send --help')
  if (secrets.length === 0)
    throw new TallyError('noSuchSecret', 'there is none yet', 'run: tallyctl secrets add --help')
  await at.screen.note(
    ...secrets.map(({ name, type }, index) => `${index + 1}  ${clean(name)}   ${clean(type)}`),
  )
  const reply = await ask('send which, with commas between')
  const chosen = reply.split(',').map((each) => secrets[Number(each.trim()) - 1]?.name ?? each.trim())
  return chosen.filter((each) => each !== '')
}

async function pickedConfig(configs: Configs, at: Surrounding): Promise<string> {
  if (!canAsk()) throw new TallyError('wrongUsage', 'NAME is missing', 'run: tallyctl configs send --help')
  if (configs.length === 0)
    throw new TallyError('noSuchConfig', 'there is none yet', 'run: tallyctl configs add --help')
  await at.screen.note(
    ...configs.map(({ name, path }, index) => `${index + 1}  ${clean(name)}   ${clean(path)}`),
  )
  const reply = await ask('send which')
  return configs[Number(reply) - 1]?.name ?? reply
}

async function configsOf(at: Surrounding) {
  return (await at.daemon.call('configs.list', {})).configs
}

function given<K extends string>(key: K, value: string | undefined): { [_ in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [_ in K]?: string })
}
