// secrets.*: names and types for whoever asks; values only where they are to be revealed, which the audit log then tells.
import { TallyError } from '../../contract/errors.ts'
import type { ChangedFields, SecretRow } from '../../contract/secrets.ts'
import type { SecretValue } from '../../contract/vault-items.ts'
import { SECRET_TYPES } from '../../contract/vault-words.ts'
import type { Secret } from '../vault/contents.ts'
import type { HandlersOf } from './handlers.ts'
import type { Parts } from './parts.ts'

/** Loaded with the vault, which few daemons have. */
const loadItems = () => import('../vault/items.ts')
const loadCheck = () => import('../vault/check.ts')

export function secretsHandlers({ vault, audit }: Parts): HandlersOf<'secrets'> {
  return {
    'secrets.list': async () => {
      const [contents, { usesOf }] = await Promise.all([(await vault()).read(), loadItems()])
      return { secrets: contents.secrets.map((each) => rowOf(each, usesOf(contents, each.name))) }
    },
    'secrets.add': async ({ name, secret }) => {
      const [{ addSecret, secretOf }, { checkSecret }] = await Promise.all([loadItems(), loadCheck()])
      refuse(checkSecret(secret), 'secret')
      return (await vault()).change((before) => {
        const contents = addSecret(before, name, secret, now())
        return { contents, result: { added: rowOf(secretOf(contents, name), []) } }
      })
    },
    'secrets.show': async ({ name, reveal = false }) => {
      const [contents, { secretOf, usesOf }] = await Promise.all([(await vault()).read(), loadItems()])
      const secret = secretOf(contents, name)
      if (reveal) (await audit()).record('secretRevealed', { name })
      return { secret: { ...rowOf(secret, usesOf(contents, name)), ...shown(secret, reveal) } }
    },
    'secrets.edit': async ({ name, fields }) => {
      const [{ editSecret, secretOf, usesOf }, { checkSecret }] = await Promise.all([
        loadItems(),
        loadCheck(),
      ])
      return (await vault()).change((before) => {
        const value = merged(secretOf(before, name), fields)
        refuse(checkSecret(value), '')
        const contents = editSecret(before, name, value, now())
        return { contents, result: { edited: rowOf(secretOf(contents, name), usesOf(contents, name)) } }
      })
    },
    'secrets.rename': async ({ name, to }) => {
      const { renameSecret, secretOf, usesOf } = await loadItems()
      return (await vault()).change((before) => {
        const contents = renameSecret(before, name, to, now())
        return { contents, result: { renamed: rowOf(secretOf(contents, to), usesOf(contents, to)) } }
      })
    },
    'secrets.remove': async ({ name, force = false }) => {
      const { removeSecret, secretOf } = await loadItems()
      return (await vault()).change((before) => {
        const { type } = secretOf(before, name)
        const { contents, unlinked } = removeSecret(before, name, force)
        return { contents, result: { removed: { name, type, unlinked } } }
      })
    },
  }
}

function rowOf({ name, type, createdAt, updatedAt }: Secret, usedBy: string[]): SecretRow {
  return { name, type, usedBy, createdAt, updatedAt }
}

function shown({ type, fields }: Secret, reveal: boolean) {
  const words = SECRET_TYPES[type]
  const all = Object.entries(fields as Readonly<Record<string, string>>)
  const open = all.filter(([field]) => reveal || words[field]?.isPublic === true)
  const hidden = all.map(([field]) => field).filter((field) => !open.some(([each]) => each === field))
  return { fields: Object.fromEntries(open), hidden }
}

/** Throws TallyError invalidParams for a field of another type. */
function merged({ type, fields }: Secret, changes: ChangedFields): SecretValue {
  const known = Object.keys(SECRET_TYPES[type])
  const foreign = Object.keys(changes).find((field) => !known.includes(field))
  if (foreign !== undefined) refuse(`/fields/${foreign}: a secret of type ${type} has no such field`, '')
  const all = Object.entries({ ...fields, ...changes }).filter(([, value]) => value !== null)
  return { type, fields: Object.fromEntries(all) } as SecretValue
}

/** Throws TallyError invalidParams with what is wrong, where something is. */
export function refuse(problem: string | null, below: string): void {
  if (problem === null) return
  const place = problem.startsWith('/') && below !== '' ? `/${below}${problem}` : problem
  throw TallyError.saying('invalidParams', place, 'mend it and try again; docs/vault.md has every field')
}

export function now(): string {
  return new Date().toISOString()
}
