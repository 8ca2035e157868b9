// `tallyctl configs`: configurations that the vault keeps, and the names of the secrets that they use.
import type { ConfigRow } from '../../contract/configs.ts'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Params } from '../../contract/methods.ts'
import { LINK_ROLES, type LinkRole } from '../../contract/vault-words.ts'
import { asked as askedLine, askedToKeep, canAsk } from '../terminal/prompt.ts'
import type { Screen } from '../terminal/screen.ts'
import { tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import type { Asked } from './parse.ts'

/** The flag of each role. */
const FLAGS: Readonly<Record<LinkRole, string>> = {
  s3: 's3',
  encryptionKey: 'encryption-key',
  geocodingKey: 'geocoding-key',
}
const ROLES = Object.keys(LINK_ROLES) as LinkRole[]

export const configs: Command = async (asked, at) => {
  const result = await at.daemon.call('configs.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.configs.length > 0) await at.screen.answer(...configLines(result.configs, at.screen))
  else {
    await at.screen.answer('no configurations yet')
    await at.screen.note(at.screen.typed('to keep one: tallyctl configs add --help'))
  }
  return EXIT.ok
}

export const addConfig: Command = async (asked, at) => {
  const [name = ''] = asked.words
  const path = asked.value('path') ?? (canAsk() ? await askedLine('path') : '')
  if (path === '') throw new TallyError('wrongUsage', '--path is missing')
  const origin = asked.value('origin')
  const config = {
    type: 'database' as const,
    name,
    description: asked.value('description') ?? '',
    path,
    ...(origin === undefined ? {} : { origin }),
    links: linksIn(asked),
  }
  const result = await at.daemon.call('configs.add', { config })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.added.name)} is kept`)
  return EXIT.ok
}

export const showConfig: Command = async (asked, at) => {
  const result = await at.daemon.call('configs.show', { name: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(...shownLines(result.config))
  return EXIT.ok
}

export const editConfig: Command = async (asked, at) => {
  const [name = ''] = asked.words
  const dropped = asked.values('unlink') ?? []
  const unlinked = ROLES.filter((role) => dropped.includes(FLAGS[role])).map((role) => [role, null])
  const links = { ...linksIn(asked), ...Object.fromEntries(unlinked) }
  const texts = (['path', 'description', 'origin'] as const).flatMap((field) => {
    const value = asked.value(field)
    return value === undefined ? [] : [[field, value]]
  })
  const given = { ...Object.fromEntries(texts), ...(Object.keys(links).length === 0 ? {} : { links }) }
  const isSaid = Object.keys(given).length > 0
  if (!isSaid && (asked.has('json') || !canAsk()))
    throw new TallyError('wrongUsage', 'it was not said what is to change')
  const changes = isSaid ? given : await askedChanges((await at.daemon.call('configs.show', { name })).config)
  const result = await at.daemon.call('configs.edit', { name, changes })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.edited.name)} is changed`)
  return EXIT.ok
}

/** Every field, with what it is now. */
async function askedChanges({
  path,
  description,
  origin = '',
  links,
}: ConfigRow): Promise<Params<'configs.edit'>['changes']> {
  const optional = { mayBeEmpty: true }
  const changes = {
    description: await askedToKeep('description', description, optional),
    path: await askedToKeep('path', path),
    origin: (await askedToKeep('origin', origin, optional)) || null,
  }
  const linked: Partial<Record<LinkRole, string | null>> = {}
  for (const role of ROLES) {
    const before = links[role] ?? ''
    const after = await askedToKeep(FLAGS[role], before, optional)
    if (after !== before) linked[role] = after === '' ? null : after
  }
  return { ...changes, links: linked }
}

export const renameConfig: Command = async (asked, at) => {
  const [name = '', to = ''] = asked.words
  const result = await at.daemon.call('configs.rename', { name, to })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(name)} is now ${clean(result.renamed.name)}`)
  return EXIT.ok
}

export const removeConfig: Command = async (asked, at) => {
  const result = await at.daemon.call('configs.remove', { name: asked.words[0] ?? '' })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.removed.name)} is removed; its secrets stay`)
  return EXIT.ok
}

function linksIn(asked: Asked): Partial<Record<LinkRole, string>> {
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const name = asked.value(FLAGS[role])
      return name === undefined ? [] : [[role, name]]
    }),
  )
}

export function configLines(rows: readonly ConfigRow[], screen: Screen): string[] {
  return tableLines(
    {
      columns: [
        { title: 'configuration', align: 'left' },
        { title: 'path', align: 'left' },
        { title: 'secrets', align: 'left' },
      ],
      rows: rows.map(({ name, path, links }) => [
        clean(name),
        clean(path),
        ROLES.flatMap((role) => links[role] ?? [])
          .map(clean)
          .join(', '),
      ]),
    },
    screen.columns,
  )
}

function shownLines({ name, type, description, path, origin, links }: ConfigRow): string[] {
  const linked = ROLES.flatMap((role): [string, string][] => {
    const secret = links[role]
    return secret === undefined ? [] : [[FLAGS[role], secret]]
  })
  const all: [string, string][] = [
    ['name', name],
    ['type', type],
    ['description', description],
    ['path', path],
    ['origin', origin ?? ''],
    ...linked,
  ]
  return all.filter(([, text]) => text !== '').map(([title, text]) => `${title.padEnd(14)}   ${clean(text)}`)
}
