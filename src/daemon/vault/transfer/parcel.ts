// What one transfer carries: made of the sender's vault, and read on the receiver's side, where every byte is doubted.

import { TallyError } from '../../../contract/errors.ts'
import { fitsSentConfig, fitsSentSecret } from '../../../contract/generated/wire.ts'
import { problemOfSecret } from '../../../contract/misfit.ts'
import type { SentConfig, SentSecret } from '../../../contract/transfer-wire.ts'
import { TRANSFER } from '../../../contract/transfer-words.ts'
import type { Edit } from '../../../contract/transfers.ts'
import type { Validator } from '../../../contract/validator.ts'
import type { SecretValue } from '../../../contract/vault-items.ts'
import { checkConfig, checkName, checkSecret } from '../check.ts'
import { type Contents, linksOf, type Secret } from '../contents.ts'
import { configOf, secretOf } from '../items.ts'

export interface Parcel {
  readonly secrets: readonly SentSecret[]
  readonly configs: readonly SentConfig[]
}

export interface Wanted {
  readonly secrets: readonly string[]
  readonly configs: readonly string[]
  /** Of the configurations, for the receiver alone: the vault stays as it is. */
  readonly edits: readonly Edit[]
}

/**
 * Copies of what is wanted, each once. A link goes along where its secret does, else it is left out. Throws TallyError noSuchSecret,
 * noSuchConfig, invalidParams or tooMuch.
 */
export function parcelOf(contents: Contents, wanted: Wanted): Parcel {
  const names = new Set(wanted.secrets)
  const secrets = [...names].map((name) => {
    const { type, fields } = secretOf(contents, name)
    return { name, value: { type, fields } as SecretValue }
  })
  const edited = new Map(wanted.edits.map((edit) => [edit.config, edit]))
  const configs = [...new Set(wanted.configs)].map((name) => {
    const { createdAt, updatedAt, links, ...config } = configOf(contents, name)
    const { config: _, ...changes } = edited.get(name) ?? { config: name }
    edited.delete(name)
    const kept = linksOf({ links }).filter(([, secret]) => names.has(secret))
    const sent: SentConfig = { ...config, ...changes, links: Object.fromEntries(kept) }
    const problem = checkConfig(sent, { secrets: stored(secrets) })
    if (problem !== null)
      throw TallyError.saying('invalidParams', `${name}: ${problem}`, 'change it before it is sent')
    return sent
  })
  for (const name of edited.keys()) throw new TallyError('noSuchConfig', `${name} is not among what is sent`)
  const twice = twin(configs)
  if (twice !== null) {
    throw TallyError.saying(
      'invalidParams',
      `two configurations would be called ${twice}`,
      'give one of them another name',
    )
  }
  const count = secrets.length + configs.length
  if (count === 0)
    throw TallyError.saying('invalidParams', 'nothing is to be sent', 'name a secret or a configuration')
  if (count > TRANSFER.items) throw new TallyError('tooMuch', `${count} things`)
  const parcel = { secrets, configs }
  const bytes = bytesOf(parcel)
  if (bytes > TRANSFER.bytes) throw new TallyError('tooMuch', `${bytes} bytes`)
  return parcel
}

/** What came, or why it is not taken: a sentence that names the thing and the field, and no value. */
export function readParcel(message: {
  readonly secrets: readonly unknown[]
  readonly configs: readonly unknown[]
}): Parcel | { readonly problem: string } {
  // The line takes a little more, for what stands around them.
  if (bytesOf(message) > TRANSFER.bytes) return { problem: 'it is more than 1 MiB' }
  const secrets: SentSecret[] = []
  const configs: SentConfig[] = []
  for (const [at, secret] of message.secrets.entries()) {
    if (!fitsSentSecret(secret)) {
      const problem = misfitOf(fitsSentSecret)
      return { problem: `${called(secret, 'secret', at)}: ${problem}` }
    }
    const problem = checkSecret(secret.value)
    if (problem !== null) return { problem: `${secret.name}: ${problem}` }
    secrets.push(secret)
  }
  for (const [at, config] of message.configs.entries()) {
    if (!fitsSentConfig(config)) {
      const problem = misfitOf(fitsSentConfig)
      return { problem: `${called(config, 'configuration', at)}: ${problem}` }
    }
    const problem = checkConfig(config, { secrets: stored(secrets) })
    if (problem !== null) return { problem: `${config.name}: ${problem}` }
    configs.push(config)
  }
  if (secrets.length + configs.length === 0) return { problem: 'there is nothing in it' }
  if (secrets.length + configs.length > TRANSFER.items)
    return { problem: `it has more than ${TRANSFER.items} things` }
  const twice = twin(secrets) ?? twin(configs)
  if (twice !== null) return { problem: `${twice} is there twice` }
  return { secrets, configs }
}

function bytesOf({ secrets, configs }: { secrets: readonly unknown[]; configs: readonly unknown[] }): number {
  return Buffer.byteLength(JSON.stringify({ secrets, configs }))
}

/** As they would stand in a vault, for the checks of what refers to them. */
export function stored(secrets: readonly SentSecret[]): Secret[] {
  return secrets.map(({ name, value }) => ({ ...value, name, createdAt: '', updatedAt: '' }))
}

function misfitOf(validator: Validator): string {
  const { path, problem } = problemOfSecret(validator)
  // As the sender's owner knows it: the value is not a field there.
  const field = path.replace(/^\/value/, '')
  return (field === '' ? problem : `${field}: ${problem}`).slice(0, 300)
}

/** Its name if it has one, else which one it is. */
function called(item: unknown, kind: string, at: number): string {
  const { name } = Object(item) as { name?: unknown }
  return checkName(name) === null ? String(name) : `${kind} ${at + 1}`
}

function twin(items: readonly { readonly name: string }[]): string | null {
  const seen = new Set<string>()
  for (const { name } of items) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return null
}
