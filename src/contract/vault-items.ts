// The things that rest in the vault and travel between devices: secrets, and the configurations that refer to them. One schema for
// what is typed here and for what comes from another device. docs/vault.md.
import { type Static, Type } from 'typebox'
import { VAULT } from './vault-words.ts'

/**
 * No control characters, no separators of lines, nothing that turns the direction of writing; no slash and no backslash, and not
 * only dots: a name must never be taken for a place. No space at either end.
 */
const NAME =
  '^(?!\\.+$)(?! )[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff/\\\\]+(?<! )$'
const LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]*$'

export const ItemName = Type.String({
  minLength: 1,
  maxLength: VAULT.nameLength,
  pattern: NAME,
  description: 'unique among secrets, or among configurations',
})

const line = (most: number, description: string, least = 1) =>
  Type.String({ minLength: least, maxLength: most, pattern: LINE, description })

const value = (description: string) =>
  Type.String({ minLength: 1, maxLength: VAULT.fieldLength, description })

const S3Credentials = Type.Object(
  {
    region: line(100, 'such as eu-central-1'),
    accessKeyId: line(256, 'names the key; opens nothing by itself'),
    secretAccessKey: line(VAULT.fieldLength, 'secret'),
    endpoint: Type.Optional(line(500, 'URL of storage that is not Amazon’s')),
  },
  { additionalProperties: false },
)

const EncryptionKey = Type.Object(
  {
    privateKeyPem: value('a private key, PEM, not encrypted; secret'),
    publicKeyPem: Type.Optional(value('its public key, PEM')),
  },
  { additionalProperties: false },
)

const ApiKey = Type.Object({ apiKey: line(VAULT.fieldLength, 'secret') }, { additionalProperties: false })

/** What a secret is made of; `type` says which fields there are. */
export const SecretValue = Type.Union([
  Type.Object(
    { type: Type.Literal('s3-credentials'), fields: S3Credentials },
    { additionalProperties: false },
  ),
  Type.Object(
    { type: Type.Literal('encryption-key'), fields: EncryptionKey },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal('api-key'), fields: ApiKey }, { additionalProperties: false }),
])

const link = Type.Optional(ItemName)

/** Names of secrets, by role. */
export const Links = Type.Object(
  { s3: link, encryptionKey: link, geocodingKey: link },
  { additionalProperties: false },
)

export const DatabaseConfig = Type.Object(
  {
    type: Type.Literal('database'),
    name: ItemName,
    description: line(VAULT.descriptionLength, 'for people', 0),
    path: line(VAULT.pathLength, 'where the database is: a folder, or the address of storage'),
    origin: Type.Optional(line(VAULT.pathLength, 'where it was copied from')),
    links: Links,
  },
  { additionalProperties: false },
)

export type ItemName = Static<typeof ItemName>
export type SecretValue = Static<typeof SecretValue>
export type Links = Static<typeof Links>
export type DatabaseConfig = Static<typeof DatabaseConfig>
