// `tallyctl devices`: every device with what it spent and how fresh that is; and what can be done with one.
import type { DeviceRow, Spent } from '../../contract/devices.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Display } from '../../contract/money.ts'
import { isRight, RIGHTS, type Right } from '../../contract/right-words.ts'
import { shellWord } from '../../contract/shell-words.ts'
import { shownMoney } from '../../contract/shown-money.ts'
import { when } from '../terminal/figures.ts'
import { confirmed } from '../terminal/prompt.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import type { Asked } from './parse.ts'
import { timeZone } from './zone.ts'

export const devices: Command = async (asked, at) => {
  const zone = timeZone(asked.value('tz'), at.env)
  const result = await at.daemon.call('devices.list', zone === undefined ? {} : { timeZone: zone })
  if (asked.has('json')) {
    await at.screen.json(result)
    return EXIT.ok
  }
  await at.screen.answer(...deviceLines(result, at.screen, Date.now()))
  if (result.devices.length <= 1 && at.daemon.url === null)
    await at.screen.note(...alone.map((line) => at.screen.typed(line)))
  return EXIT.ok
}

export const renameDevice: Command = async (asked, at) => {
  const [device = '', name = ''] = asked.words
  const result = await at.daemon.call('devices.rename', { device, name })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(device)} is now ${clean(result.renamed.name)}`)
  return EXIT.ok
}

export const unpairDevice: Command = async (asked, at) => {
  const result = await at.daemon.call('devices.unpair', { device: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else
    await at.screen.answer(
      `${clean(result.unpaired.name)} is unpaired; what it spent until now stays in the totals`,
    )
  return EXIT.ok
}

export const blockDevice: Command = async (asked, at) => {
  const result = await at.daemon.call('devices.block', { device: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.blocked.name)} is blocked: it gets no answer any more`)
  return EXIT.ok
}

export const unblockDevice: Command = async (asked, at) => {
  const result = await at.daemon.call('devices.unblock', { device: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else
    await at.screen.answer(
      `${clean(result.unblocked.name)} is not blocked, and not trusted until it is paired`,
    )
  return EXIT.ok
}

export const forgetDevice: Command = async (asked, at) => {
  const [device = ''] = asked.words
  await sure(asked, `what ${clean(device)} spent leaves the totals for good. forget it?`)
  const result = await at.daemon.call('devices.forget', { device })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.forgotten.name)} is forgotten, with what it spent`)
  return EXIT.ok
}

export const grantRight: Command = async (asked, at) => {
  const result = await at.daemon.call('devices.grant', {
    device: asked.words[0] ?? '',
    right: rightOf(asked),
  })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.granted.name)} may answer those who want to enrol here`)
  return EXIT.ok
}

export const ungrantRight: Command = async (asked, at) => {
  const result = await at.daemon.call('devices.ungrant', {
    device: asked.words[0] ?? '',
    right: rightOf(asked),
  })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.ungranted.name)} may not any more; it stays paired`)
  return EXIT.ok
}

function rightOf({ words: [, word = ''] }: Asked): Right {
  if (isRight(word)) return word
  throw new TallyError(
    'wrongUsage',
    `there is no right ${JSON.stringify(word)}`,
    `say ${RIGHTS.join(' or ')}`,
  )
}

export const mergeDevices: Command = async (asked, at) => {
  const [old = '', young = ''] = asked.words
  await sure(
    asked,
    `${clean(old)} will be counted as ${clean(young)}, and not be trusted any more. merge them?`,
  )
  const result = await at.daemon.call('devices.merge', { old, new: young })
  const { from, into } = result.merged
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`what ${clean(from.name)} spent counts as ${clean(into.name)} now`)
  return EXIT.ok
}

/** What cannot be undone is asked about. */
async function sure(asked: Asked, question: string): Promise<void> {
  if (asked.has('yes') || (await confirmed(question))) return
  const next = `to say so without a question: tallyctl ${asked.command} ${asked.words.map((word) => shellWord(clean(word))).join(' ')} --yes`
  throw new TallyError('wrongUsage', 'nothing was changed', next)
}

const alone = [
  'to pair another device: there, run tallyctl invite; here, tallyctl pair with its address and code',
]

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'today', align: 'right' },
  { title: 'month', align: 'right' },
  { title: 'all', align: 'right' },
  { title: 'seen', align: 'left' },
]

/** The table, and under it what is wrong with whom; `now` in Unix milliseconds. */
export function deviceLines(
  { devices: rows, total, display }: Result<'devices.list'>,
  screen: Screen,
  now: number,
): string[] {
  const live = rows.filter(({ freshness }) => freshness === 'live').length
  const troubled = rows.filter(({ problem }) => problem !== null)
  const table = tableLines(
    {
      columns: COLUMNS,
      rows: rows.map((row) => [
        row.self ? `${clean(row.name)} *` : clean(row.name),
        ...spent(row, display),
        seen(row, now),
      ]),
      total: ['total', ...spent(total, display), `${live} of ${rows.length} live`],
    },
    screen.columns,
  )
  const troubles = troubled.map(({ name, problem, address }) => {
    const at = address === null ? '' : ` at ${clean(address)}`
    return screen.mark(`${clean(name)}: ${clean(problem?.says ?? '')}${at}`, 'warning')
  })
  const trusted = rows.flatMap(({ name, rights = [] }) =>
    rights.length === 0 ? [] : [`${clean(name)} has the right ${clean(rights.join(' '))} here`],
  )
  return [...table, ...troubles, ...trusted]
}

function spent(
  { today, month, all }: { today: Spent; month: Spent; all: Spent },
  display: Display | undefined,
): string[] {
  return [today, month, all].map(({ calls, costUSD }) => (calls === 0 ? '–' : shownMoney(costUSD, display)))
}

function seen({ freshness, asOf, state, direction }: DeviceRow, now: number): string {
  if (state === 'blocked') return 'blocked'
  if (state === 'unpaired') return asOf === null ? 'unpaired' : `unpaired, last seen ${when(asOf, now)}`
  if (freshness === 'live') return 'live'
  if (direction === 'give') return 'gives nothing'
  return asOf === null ? 'never' : when(asOf, now)
}
