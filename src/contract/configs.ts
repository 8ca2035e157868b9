// configs.*: configurations that the vault keeps; they name secrets by role, and hold none.
import { type Static, Type } from 'typebox'
import { method } from './method.ts'
import { DatabaseConfig, ItemName } from './vault-items.ts'

export const ConfigRow = Type.Object({
  ...DatabaseConfig.properties,
  createdAt: Type.String({ description: 'RFC 3339' }),
  updatedAt: Type.String({ description: 'RFC 3339' }),
})

const { description, path, origin } = DatabaseConfig.properties
const orNull = Type.Optional(Type.Union([ItemName, Type.Null()], { description: 'null takes the link away' }))

/** Some of a configuration; what is absent stays. */
export const ChangedConfig = Type.Object(
  {
    description: Type.Optional(description),
    path: Type.Optional(path),
    origin: Type.Optional(Type.Union([origin, Type.Null()], { description: 'null takes it away' })),
    links: Type.Optional(
      Type.Object(
        { s3: orNull, encryptionKey: orNull, geocodingKey: orNull },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)

const opening = ['vaultLocked', 'vaultUnreadable', 'keychainLocked', 'keychainUnavailable'] as const
const changing = [...opening, 'stateUnwritable'] as const
const named = { name: ItemName }
const note = 'not run by the example test'
const database = {
  type: 'database',
  name: 'photos',
  description: '',
  path: '/srv/photos',
  links: {},
} as const

export const configsMethods = {
  'configs.list': method({
    summary: 'Every configuration, with the names of the secrets that it refers to.',
    params: Type.Object({}, { additionalProperties: false }),
    result: Type.Object({ configs: Type.Array(ConfigRow) }),
    errors: [...opening],
    askers: ['owner'],
    example: { params: {} },
  }),
  'configs.add': method({
    summary: 'Keeps a configuration in the vault; the secrets that it refers to have to be there.',
    params: Type.Object({ config: DatabaseConfig }, { additionalProperties: false }),
    result: Type.Object({ added: ConfigRow }),
    errors: [...changing, 'configExists', 'noSuchSecret', 'invalidParams', 'vaultFull'],
    askers: ['owner'],
    secret: true,
    example: { params: { config: database }, note },
  }),
  'configs.show': method({
    summary: 'One configuration.',
    params: Type.Object(named, { additionalProperties: false }),
    result: Type.Object({ config: ConfigRow }),
    errors: [...opening, 'noSuchConfig'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'photos' }, note },
  }),
  'configs.edit': method({
    summary: 'Changes some of a configuration; the rest stays.',
    params: Type.Object({ ...named, changes: ChangedConfig }, { additionalProperties: false }),
    result: Type.Object({ edited: ConfigRow }),
    errors: [...changing, 'noSuchConfig', 'noSuchSecret', 'invalidParams'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'photos', changes: { path: '/srv/pictures' } }, note },
  }),
  'configs.rename': method({
    summary: 'Gives a configuration another name.',
    params: Type.Object({ ...named, to: ItemName }, { additionalProperties: false }),
    result: Type.Object({ renamed: ConfigRow }),
    errors: [...changing, 'noSuchConfig', 'configExists'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'photos', to: 'pictures' }, note },
  }),
  'configs.remove': method({
    summary: 'Removes a configuration; the secrets that it refers to stay.',
    params: Type.Object(named, { additionalProperties: false }),
    result: Type.Object({ removed: ConfigRow }),
    errors: [...changing, 'noSuchConfig'],
    askers: ['owner'],
    secret: true,
    example: { params: { name: 'photos' }, note },
  }),
} as const

export type ConfigRow = Static<typeof ConfigRow>
export type ChangedConfig = Static<typeof ChangedConfig>
