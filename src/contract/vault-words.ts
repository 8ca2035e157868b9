// What the vault can hold, as plain values: without TypeBox, because programs bundle them.

/** Bounds of names and values, in characters (code points), and of the whole. */
export const VAULT = {
  nameLength: 64,
  descriptionLength: 500,
  pathLength: 1_024,
  /** Of one field of a secret: a PEM of RSA 8192 has less than half of it. */
  fieldLength: 16_384,
  secrets: 256,
  configs: 256,
  /** Outcomes of transfers that are remembered, so that asking again repeats them. */
  outcomes: 64,
} as const

export type SecretType = 's3-credentials' | 'encryption-key' | 'api-key'
/** Where the vault's key rests. */
export const VAULT_KEYS = ['keychain', 'credential', 'passphrase', 'file'] as const
export type VaultKey = (typeof VAULT_KEYS)[number]

/** Of the vault's passphrase, in characters. Whoever has the file guesses as fast as they like. */
export const PASSPHRASE = { least: 12, most: 1_024 } as const

export type ConfigType = 'database'
export type LinkRole = 's3' | 'encryptionKey' | 'geocodingKey'

export interface FieldWords {
  readonly says: string
  readonly optional?: true
  /** May be shown to whoever may list secrets: it opens nothing by itself. */
  readonly isPublic?: true
}

/** Each type with its fields, in the order in which they are asked for. */
export const SECRET_TYPES: Readonly<Record<SecretType, Readonly<Record<string, FieldWords>>>> = {
  's3-credentials': {
    region: { says: 'region, such as eu-central-1', isPublic: true },
    accessKeyId: { says: 'access key id', isPublic: true },
    secretAccessKey: { says: 'secret access key' },
    endpoint: { says: 'endpoint, for storage that is not Amazon’s', optional: true, isPublic: true },
  },
  'encryption-key': {
    privateKeyPem: { says: 'private key, PEM' },
    publicKeyPem: { says: 'public key, PEM', optional: true, isPublic: true },
  },
  'api-key': {
    apiKey: { says: 'API key' },
  },
}

/** Which type of secret a configuration refers to in each role. */
export const LINK_ROLES: Readonly<Record<LinkRole, { readonly type: SecretType; readonly says: string }>> = {
  s3: { type: 's3-credentials', says: 'where it is stored' },
  encryptionKey: { type: 'encryption-key', says: 'what it is encrypted with' },
  geocodingKey: { type: 'api-key', says: 'what finds the names of places' },
}

export function isSecretType(word: string): word is SecretType {
  return Object.hasOwn(SECRET_TYPES, word)
}

/** The one field of a type that has one alone, such as an API key: its value may come as it is. */
export function loneField(type: SecretType): string | null {
  const [first, second] = Object.keys(SECRET_TYPES[type])
  return first !== undefined && second === undefined ? first : null
}
