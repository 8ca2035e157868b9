// What the vault holds, and whether what was read is that. Plain values: nothing here knows how they rest.
import { fitsDatabaseConfig, fitsItemName, fitsSecretValue } from '../../contract/generated/vault.ts'
import type { DatabaseConfig, SecretValue } from '../../contract/vault-items.ts'
import { LINK_ROLES, type LinkRole, VAULT } from '../../contract/vault-words.ts'

/** RFC 3339. */
interface Times {
  readonly createdAt: string
  readonly updatedAt: string
}

export type Secret = SecretValue & Times & { readonly name: string }
export type Config = DatabaseConfig & Times

/** What a transfer ended with, kept so that asking again repeats it. */
export interface KeptOutcome {
  /** 32 hexadecimal digits. */
  readonly transferId: string
  /** Fingerprint of the device that sent it. */
  readonly from: string
  /** RFC 3339. */
  readonly at: string
  readonly outcome: unknown
}

export interface Contents {
  /** By name. */
  readonly secrets: readonly Secret[]
  /** By name. Their links name secrets that are there, of the type that the role wants. */
  readonly configs: readonly Config[]
  /** The newest last. */
  readonly outcomes: readonly KeptOutcome[]
}

export const EMPTY: Contents = { secrets: [], configs: [], outcomes: [] }

/** Of one outcome as JSON, in characters. */
const LONGEST_OUTCOME = 64 * 1024

/** Whether these are contents that this version can go on with. */
export function isContents(data: unknown): data is Contents {
  if (typeof data !== 'object' || data === null) return false
  const { secrets, configs, outcomes } = data as Record<string, unknown>
  return (
    isList(secrets, VAULT.secrets, isSecret) &&
    isList(configs, VAULT.configs, isConfig) &&
    isList(outcomes, VAULT.outcomes, isOutcome) &&
    areUnique(secrets as readonly Secret[]) &&
    areUnique(configs as readonly Config[]) &&
    (configs as readonly Config[]).every((config) => isLinked(config, secrets as readonly Secret[]))
  )
}

/** The roles of a configuration that are filled, each with the name of its secret. */
export function linksOf({ links }: Pick<DatabaseConfig, 'links'>): [LinkRole, string][] {
  return (Object.keys(LINK_ROLES) as LinkRole[]).flatMap((role) => {
    const name = links[role]
    return name === undefined ? [] : [[role, name]]
  })
}

function isLinked(config: Config, secrets: readonly Secret[]): boolean {
  return linksOf(config).every(([role, name]) =>
    secrets.some((secret) => secret.name === name && secret.type === LINK_ROLES[role].type),
  )
}

function isSecret(each: Readonly<Record<string, unknown>>): boolean {
  const { name, createdAt, updatedAt, ...value } = each
  return fitsItemName(name) && isTime(createdAt) && isTime(updatedAt) && fitsSecretValue(value)
}

function isConfig(each: Readonly<Record<string, unknown>>): boolean {
  const { createdAt, updatedAt, ...value } = each
  return isTime(createdAt) && isTime(updatedAt) && fitsDatabaseConfig(value)
}

function isOutcome({ transferId, from, at, outcome }: Readonly<Record<string, unknown>>): boolean {
  return (
    isHex(transferId, 32) &&
    isHex(from, 64) &&
    isTime(at) &&
    (JSON.stringify(outcome)?.length ?? Number.POSITIVE_INFINITY) <= LONGEST_OUTCOME
  )
}

function isList(
  data: unknown,
  most: number,
  fits: (each: Readonly<Record<string, unknown>>) => boolean,
): boolean {
  return (
    Array.isArray(data) &&
    data.length <= most &&
    data.every((each) => typeof each === 'object' && each !== null && fits(each))
  )
}

function areUnique(list: readonly { readonly name: string }[]): boolean {
  return new Set(list.map(({ name }) => name)).size === list.length
}

function isHex(value: unknown, digits: number): boolean {
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value)
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 40 && !Number.isNaN(Date.parse(value))
}
