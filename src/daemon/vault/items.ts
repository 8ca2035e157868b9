// Every change of what the vault holds, as pure functions from contents to contents: names stay unique, and links never lead to
// nothing. Times are RFC 3339. What is given was checked before (check.ts).
import { TallyError } from '../../contract/errors.ts'
import type { DatabaseConfig, SecretValue } from '../../contract/vault-items.ts'
import { VAULT } from '../../contract/vault-words.ts'
import { type Config, type Contents, type KeptOutcome, linksOf, type Secret } from './contents.ts'

/** Throws TallyError noSuchSecret. */
export function secretOf({ secrets }: Contents, name: string): Secret {
  const found = secrets.find((each) => each.name === name)
  if (found === undefined) throw new TallyError('noSuchSecret', name)
  return found
}

/** Throws TallyError noSuchConfig. */
export function configOf({ configs }: Contents, name: string): Config {
  const found = configs.find((each) => each.name === name)
  if (found === undefined) throw new TallyError('noSuchConfig', name)
  return found
}

/** Names of the configurations that refer to this secret. */
export function usesOf({ configs }: Contents, secret: string): string[] {
  return configs
    .filter((config) => linksOf(config).some(([, name]) => name === secret))
    .map(({ name }) => name)
}

/** Throws TallyError secretExists or vaultFull. */
export function addSecret(contents: Contents, name: string, value: SecretValue, at: string): Contents {
  if (contents.secrets.some((each) => each.name === name)) throw new TallyError('secretExists', name)
  if (contents.secrets.length >= VAULT.secrets) {
    throw new TallyError('vaultFull', `it holds ${VAULT.secrets} secrets`)
  }
  return withSecrets(contents, [...contents.secrets, { ...value, name, createdAt: at, updatedAt: at }])
}

/** Another value of the same type. Throws TallyError noSuchSecret; invalidParams where the type is another one. */
export function editSecret(contents: Contents, name: string, value: SecretValue, at: string): Contents {
  const before = secretOf(contents, name)
  if (before.type !== value.type) {
    throw TallyError.saying(
      'invalidParams',
      `type: ${name} is of type ${before.type}, and stays so`,
      'add another secret of the other type, then remove this one',
    )
  }
  const after: Secret = { ...value, name, createdAt: before.createdAt, updatedAt: at }
  return withSecrets(
    contents,
    contents.secrets.map((each) => (each === before ? after : each)),
  )
}

/** Links follow. Throws TallyError noSuchSecret or secretExists. */
export function renameSecret(contents: Contents, name: string, to: string, at: string): Contents {
  const before = secretOf(contents, name)
  if (name === to) return contents
  if (contents.secrets.some((each) => each.name === to)) throw new TallyError('secretExists', to)
  const secrets = contents.secrets.map((each) =>
    each === before ? { ...each, name: to, updatedAt: at } : each,
  )
  return withSecrets({ ...contents, configs: relinked(contents.configs, name, to) }, secrets)
}

/**
 * Links to it go with it, only by `force`; `unlinked` names the configurations that lost theirs. Throws TallyError noSuchSecret or
 * secretInUse.
 */
export function removeSecret(
  contents: Contents,
  name: string,
  force: boolean,
): { contents: Contents; unlinked: string[] } {
  const removed = secretOf(contents, name)
  const unlinked = usesOf(contents, name)
  if (unlinked.length > 0 && !force) throw new TallyError('secretInUse', `${name}: ${unlinked.join(', ')}`)
  const configs = relinked(contents.configs, name, undefined)
  const secrets = contents.secrets.filter((each) => each !== removed)
  return { contents: { ...contents, secrets, configs }, unlinked }
}

/** Throws TallyError configExists or vaultFull. */
export function addConfig(contents: Contents, config: DatabaseConfig, at: string): Contents {
  const { configs } = contents
  if (configs.some(({ name }) => name === config.name)) throw new TallyError('configExists', config.name)
  if (configs.length >= VAULT.configs) {
    throw new TallyError('vaultFull', `it holds ${VAULT.configs} configurations`)
  }
  return withConfigs(contents, [...configs, { ...config, createdAt: at, updatedAt: at }])
}

/** In the place of the one of that name. Throws TallyError noSuchConfig. */
export function editConfig(contents: Contents, config: DatabaseConfig, at: string): Contents {
  const before = configOf(contents, config.name)
  const after: Config = { ...config, createdAt: before.createdAt, updatedAt: at }
  return withConfigs(
    contents,
    contents.configs.map((each) => (each === before ? after : each)),
  )
}

/** Throws TallyError noSuchConfig or configExists. */
export function renameConfig(contents: Contents, name: string, to: string, at: string): Contents {
  const before = configOf(contents, name)
  if (name === to) return contents
  if (contents.configs.some((each) => each.name === to)) throw new TallyError('configExists', to)
  return withConfigs(
    contents,
    contents.configs.map((each) => (each === before ? { ...each, name: to, updatedAt: at } : each)),
  )
}

/** The secrets that it refers to stay. Throws TallyError noSuchConfig. */
export function removeConfig(contents: Contents, name: string): Contents {
  const removed = configOf(contents, name)
  return { ...contents, configs: contents.configs.filter((each) => each !== removed) }
}

/** In the place of the one of the same transfer; the oldest of too many is forgotten. */
export function keepOutcome(contents: Contents, outcome: KeptOutcome): Contents {
  const others = contents.outcomes.filter(
    ({ transferId, from }) => transferId !== outcome.transferId || from !== outcome.from,
  )
  return { ...contents, outcomes: [...others, outcome].slice(-VAULT.outcomes) }
}

/** Links to one secret lead to another name, or are dropped. */
function relinked(configs: readonly Config[], from: string, to: string | undefined): Config[] {
  return configs.map((config) => {
    const links = linksOf(config)
    if (links.every(([, name]) => name !== from)) return config
    const kept = links.flatMap(([role, name]) =>
      name !== from ? [[role, name]] : to === undefined ? [] : [[role, to]],
    )
    return { ...config, links: Object.fromEntries(kept) }
  })
}

function withSecrets(contents: Contents, secrets: readonly Secret[]): Contents {
  return { ...contents, secrets: byName(secrets) }
}

function withConfigs(contents: Contents, configs: readonly Config[]): Contents {
  return { ...contents, configs: byName(configs) }
}

/** By code units, so that the order is the same in every language. */
function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return [...list].sort((a, b) => (a.name < b.name ? -1 : 1))
}
