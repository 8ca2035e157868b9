// `tallyctl secrets`: what the vault keeps, by name and type; and what can be done with one.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { SecretRow, SecretShown } from '../../contract/secrets.ts'
import { isSecretType, loneField, type SecretType } from '../../contract/vault-words.ts'
import { when } from '../terminal/figures.ts'
import { canAsk, confirmed } from '../terminal/prompt.ts'
import type { Screen } from '../terminal/screen.ts'
import { tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command } from './command.ts'
import type { Asked } from './parse.ts'
import { askedFields, type Fields, fieldsIn, readInput } from './secret-input.ts'

export const secrets: Command = async (asked, at) => {
  const result = await at.daemon.call('secrets.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.secrets.length > 0)
    await at.screen.answer(...secretLines(result.secrets, at.screen, Date.now()))
  else {
    await at.screen.answer('no secrets yet')
    await at.screen.note(at.screen.typed('to keep one: tallyctl secrets add --help'))
  }
  return EXIT.ok
}

export const addSecret: Command = async (asked, at) => {
  const [name = ''] = asked.words
  const type = asked.value('type') ?? ''
  if (!isSecretType(type)) throw new TallyError('wrongUsage', '--type is missing')
  const fields = await given(asked, type, false)
  const result = await at.daemon.call('secrets.add', { name, secret: { type, fields } as never })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.added.name)} is kept`)
  return EXIT.ok
}

export const showSecret: Command = async (asked, at) => {
  const [name = ''] = asked.words
  const { daemon, screen } = at
  const isAsked = !asked.has('reveal')
  if (isAsked && !canAsk()) {
    throw new TallyError('wrongUsage', 'there is no terminal to ask on', 'to print the values, say --reveal')
  }
  let result = await daemon.call('secrets.show', { name, ...(isAsked ? {} : { reveal: true }) })
  if (isAsked && (await confirmed(`show the values of ${clean(name)} here?`))) {
    result = await daemon.call('secrets.show', { name, reveal: true })
  }
  if (asked.has('json')) await screen.json(result)
  else await screen.answer(...shownLines(result.secret, screen.columns === null))
  return EXIT.ok
}

export const editSecret: Command = async (asked, at) => {
  const [name = ''] = asked.words
  const { secret } = await at.daemon.call('secrets.show', { name })
  if (!isSecretType(secret.type))
    throw new TallyError('wrongUsage', `${clean(name)} is of a type that is not known`)
  const fields = await given(asked, secret.type, true)
  if (Object.keys(fields).length === 0) {
    await at.screen.note('nothing was typed, nothing is changed')
    return EXIT.ok
  }
  // Another private key has another public one: the one of before does not stay beside it.
  const dropped = 'privateKeyPem' in fields && !('publicKeyPem' in fields) ? { publicKeyPem: null } : {}
  const result = await at.daemon.call('secrets.edit', { name, fields: { ...fields, ...dropped } })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(result.edited.name)} is changed`)
  return EXIT.ok
}

export const renameSecret: Command = async (asked, at) => {
  const [name = '', to = ''] = asked.words
  const result = await at.daemon.call('secrets.rename', { name, to })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${clean(name)} is now ${clean(result.renamed.name)}`)
  return EXIT.ok
}

export const removeSecret: Command = async (asked, at) => {
  const force = asked.has('force') ? { force: true } : {}
  const result = await at.daemon.call('secrets.remove', { name: asked.words[0] ?? '', ...force })
  const { name, unlinked } = result.removed
  if (asked.has('json')) await at.screen.json(result)
  else {
    const lost =
      unlinked.length === 0 ? '' : `; these lost their link to it: ${unlinked.map(clean).join(', ')}`
    await at.screen.answer(`${clean(name)} is removed${lost}`)
  }
  return EXIT.ok
}

/** From a file, a terminal, or standard input. */
async function given(asked: Asked, type: SecretType, isEdit: boolean): Promise<Fields> {
  const file = asked.value('file')
  if (file === undefined && canAsk()) return askedFields(type, isEdit)
  return fieldsIn(readInput(file), type)
}

/** `now` in Unix milliseconds. */
export function secretLines(rows: readonly SecretRow[], screen: Screen, now: number): string[] {
  return tableLines(
    {
      columns: [
        { title: 'secret', align: 'left' },
        { title: 'type', align: 'left' },
        { title: 'changed', align: 'left' },
        { title: 'used by', align: 'left' },
      ],
      rows: rows.map(({ name, type, updatedAt, usedBy }) => [
        clean(name),
        clean(type),
        clean(when(updatedAt, now)),
        usedBy.map(clean).join(', '),
      ]),
    },
    screen.columns,
  )
}

/** In a pipe a value that is alone stands alone. */
export function shownLines({ type, fields, hidden }: SecretShown, isPiped: boolean): string[] {
  const lone = isSecretType(type) ? loneField(type) : null
  const value = lone === null ? undefined : fields[lone]
  if (isPiped && value !== undefined) return [value]
  const shown = Object.entries(fields).flatMap(([field, text]) => {
    const lines = text.trimEnd().split('\n').map(clean)
    return lines.length === 1 ? [`${clean(field)}   ${lines[0]}`] : [clean(field), ...lines]
  })
  return [...shown, ...hidden.map((field) => `${clean(field)}   not shown`)]
}
