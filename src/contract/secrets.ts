// secrets.*: what the vault keeps that opens something. Values are shown by secrets.show alone, and only where that is said.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { ItemName, SecretValue } from './vault-items.ts'
import { SECRET_TYPES, type SecretType, VAULT } from './vault-words.ts'

const types = Object.keys(SECRET_TYPES) as SecretType[]
const names = Type.Array(Type.String())

export const SecretRow = Type.Object({
  name: Type.String(),
  type: Type.Enum(types),
  usedBy: names,
  createdAt: Type.String({ description: 'RFC 3339' }),
  updatedAt: Type.String({ description: 'RFC 3339' }),
})

export const SecretShown = Type.Object({
  ...SecretRow.properties,
  fields: Type.Record(Type.String(), Type.String(), { description: 'the secret ones only with `reveal`' }),
  hidden: Type.Array(Type.String(), { description: 'names of the fields that are not shown' }),
})

const value = Type.String({ minLength: 1, maxLength: VAULT.fieldLength })
const optional = Type.Union([value, Type.Null()], { description: 'null takes it away' })

/** Some fields, of whichever type. */
export const ChangedFields = Type.Object(
  {
    region: Type.Optional(value),
    accessKeyId: Type.Optional(value),
    secretAccessKey: Type.Optional(value),
    endpoint: Type.Optional(optional),
    privateKeyPem: Type.Optional(value),
    publicKeyPem: Type.Optional(optional),
    apiKey: Type.Optional(value),
  },
  { additionalProperties: false, minProperties: 1 },
)

const opening = ['vaultLocked', 'vaultUnreadable', 'keychainLocked', 'keychainUnavailable'] as const
const changing = [...opening, 'stateUnwritable'] as const
const named = { name: ItemName }
const note = 'not run by the example test'

export const secretsMethods = {
  'secrets.list': method({
    summary: 'Every secret by name and type, and which configurations refer to it; never a value.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ secrets: Type.Array(SecretRow) }),
    errors: [...opening],
    askers: ['owner'],
    example: { params: {} },
  }),
  'secrets.add': method({
    summary: 'Keeps a secret in the vault.',
    params: Type.Object({ ...named, secret: SecretValue }, { additionalProperties: false }),
    result: Type.Object({ added: SecretRow }),
    errors: [...changing, 'secretExists', 'invalidParams', 'vaultFull'],
    askers: ['owner'],
    secret: true,
    example: {
      params: { name: 'maps', secret: { type: 'api-key', fields: { apiKey: 'an API key' } } },
      note,
    },
  }),
  'secrets.show': method({
    summary: 'One secret; its values only with `reveal`, and then the audit log says so.',
    params: Type.Object({ ...named, reveal: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    result: Type.Object({ secret: SecretShown }),
    errors: [...opening, 'noSuchSecret'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'maps' }, note },
  }),
  'secrets.edit': method({
    summary: 'Changes some fields of a secret; the others stay.',
    params: Type.Object({ ...named, fields: ChangedFields }, { additionalProperties: false }),
    result: Type.Object({ edited: SecretRow }),
    errors: [...changing, 'noSuchSecret', 'invalidParams'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'maps', fields: { apiKey: 'a newer one' } }, note },
  }),
  'secrets.rename': method({
    summary: 'Gives a secret another name; configurations that refer to it follow.',
    params: Type.Object({ ...named, to: ItemName }, { additionalProperties: false }),
    result: Type.Object({ renamed: SecretRow }),
    errors: [...changing, 'noSuchSecret', 'secretExists'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'maps', to: 'old maps' }, note },
  }),
  'secrets.remove': method({
    summary:
      'Removes a secret; one that configurations refer to only with `force`, and then they lose the link.',
    params: Type.Object({ ...named, force: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    result: Type.Object({
      removed: Type.Object({
        name: Type.String(),
        type: Type.Enum(types),
        unlinked: Type.Array(Type.String(), { description: 'configurations that lost their link to it' }),
      }),
    }),
    errors: [...changing, 'noSuchSecret', 'secretInUse'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'maps', force: true }, note },
  }),
} as const

export type SecretRow = Static<typeof SecretRow>
export type SecretShown = Static<typeof SecretShown>
export type ChangedFields = Static<typeof ChangedFields>
