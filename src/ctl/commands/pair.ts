// `tallyctl pair [DEVICE|HOST[:PORT]]`: pairs with a device, by comparing a number or by the code that it shows.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Paired } from '../../contract/pairing.ts'
import { asked as ask, askedInSecret, canAsk } from '../terminal/prompt.ts'
import { tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import { awaited, decide, decideAsked, digitsOf } from './approve.ts'
import type { Command, Surrounding } from './command.ts'
import { directionOf } from './direction.ts'
import { pairedLine } from './invite.ts'
import type { Asked } from './parse.ts'
import { grouped } from './requests.ts'

export const pair: Command = async (asked, at) => {
  const given = asked.value('code')
  if (given !== undefined && asked.value('digits') !== undefined) {
    throw new TallyError('wrongUsage', '--code and --digits are two ways to pair: give one of them')
  }
  const address = asked.words[0] ?? (await picked(at))
  const paired =
    given === undefined ? await compared(address, asked, at) : await byCode(address, given, asked, at)
  if (asked.has('json')) await at.screen.raw(`${JSON.stringify({ paired })}\n`)
  else await at.screen.answer(pairedLine(paired))
  return EXIT.ok
}

/** Lists who is on the local network and asks which one is meant. Throws TallyError wrongUsage where nobody can be asked. */
async function picked(at: Surrounding): Promise<string> {
  if (!canAsk()) throw new TallyError('wrongUsage', 'DEVICE is missing', 'run: tallyctl pair --help')
  const { found } = await at.daemon.call('discovery.look', {})
  const others = found.filter(({ addresses }) => addresses.length > 0)
  if (others.length === 0) {
    await at.screen.note(
      at.screen.typed(
        'no other device answers on this network; there, run tallyctl invite, or give its address',
      ),
    )
    return ask('device or address')
  }
  await at.screen.note(...foundLines(others))
  const reply = await ask(others.length === 1 ? 'pair with [1]' : `pair with [1-${others.length}]`)
  const chosen = others[Number(reply === '' && others.length === 1 ? 1 : reply) - 1]
  // Whoever knows a name or an address better may type it.
  return chosen?.addresses[0] ?? reply
}

/** `1  studio   192.168.1.31:4765   open for pairing`. */
export function foundLines(found: Result<'discovery.look'>['found']): string[] {
  const rows = found.map(({ name, shortId, addresses, openForPairing, id }, index) => [
    String(index + 1),
    clean(name ?? shortId ?? 'unnamed'),
    clean(addresses[0] ?? ''),
    id !== null ? 'paired before' : openForPairing ? 'open for pairing' : '',
  ])
  const columns = ['', '', '', ''].map((title) => ({ title, align: 'left' as const }))
  return tableLines({ columns, rows }, null).slice(1)
}

async function byCode(address: string, given: string, asked: Asked, at: Surrounding): Promise<Paired> {
  const code = readCode(given === 'ask' ? await askedInSecret('code') : given)
  return (await at.daemon.call('pairing.join', { address, code, direction: directionOf(asked) })).paired
}

async function compared(address: string, asked: Asked, at: Surrounding): Promise<Paired> {
  const given = digitsOf(asked)
  const { comparing } = await at.daemon.call('pairing.compare', {
    address,
    direction: directionOf(asked),
  })
  const { id, digits, expiresAt } = comparing
  if (id === null || digits === null) throw new TallyError('internalError', 'there is no number to compare')
  if (asked.has('json')) await at.screen.raw(`${JSON.stringify({ id, digits, expiresAt })}\n`)
  else {
    await at.screen.note(
      `compare this number with the one on the other device:   ${grouped(clean(digits))}`,
      at.screen.typed('there, run: tallyctl approve        (this request ends in 60 s)'),
    )
  }
  if (given !== undefined) return decide(id, given, at)
  // Without a terminal the yes comes from `tallyctl approve --digits`, as on the other side.
  if (!canAsk()) return awaited(id, at)
  return decideAsked({ id, digits, ours: true }, at)
}

/** Six digits, however they were grouped; `next` says where they are seen. Throws TallyError wrongUsage. */
export function readCode(text: string, next = 'on the other device, run: tallyctl invite'): string {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (/^\d{6}$/.test(digits)) return digits
  throw new TallyError('wrongUsage', 'a code has six digits', next)
}
