// `tallyctl members`: who tokens belong to; and what can be done with one.
import { EXIT } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import { count, counted, when } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'

export const members: Command = async (asked, at) => {
  const result = await at.daemon.call('members.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.members.length > 0) await at.screen.answer(...memberLines(result, at.screen, Date.now()))
  else {
    await at.screen.answer('no members yet')
    await at.screen.note(at.screen.typed('who gets a token becomes one: tallyctl tokens create --help'))
  }
  return EXIT.ok
}

export const addMember: Command = async (asked, at) => {
  const result = await at.daemon.call('members.add', { name: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else {
    const name = clean(result.added.name)
    await at.screen.answer(`${name} is a member, without a token yet`)
    await at.screen.note(at.screen.typed('to make one: tallyctl tokens create --help'))
  }
  return EXIT.ok
}

export const renameMember: Command = async (asked, at) => {
  const [member = '', name = ''] = asked.words
  const result = await at.daemon.call('members.rename', { member, name })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(member)} is now ${clean(result.renamed.name)}`)
  return EXIT.ok
}

export const removeMember: Command = async (asked, at) => {
  const force = asked.has('force') ? { force: true } : {}
  const result = await at.daemon.call('members.remove', { member: asked.words[0] ?? '', ...force })
  const { name, tokens } = result.removed
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(name)} is removed; revoked with it: ${counted(tokens, 'token')}`)
  return EXIT.ok
}

/** `now` in Unix milliseconds. */
export function memberLines(
  { members: rows }: Result<'members.list'>,
  screen: Screen,
  now: number,
): string[] {
  const claims = rows.some(({ devices }) => devices.length > 0)
  return tableLines(
    {
      columns: [
        { title: 'member', align: 'left' },
        { title: 'tokens', align: 'right' },
        { title: 'since', align: 'left' },
        ...(claims ? [{ title: 'devices', align: 'left' } as const] : []),
      ],
      rows: rows.map(({ name, tokens, createdAt, devices }) => [
        clean(name),
        count(tokens),
        clean(when(createdAt, now)),
        ...(claims ? [devices.map((id) => clean(id).slice(0, 8)).join(' ')] : []),
      ]),
    },
    screen.columns,
  )
}
