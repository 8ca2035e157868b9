// What the receiver's owner sees of what came, and what becomes of it: from the vault's contents and the owner's decisions to the new
// contents and the outcome, all or nothing. Pure.
import { isDeepStrictEqual } from 'node:util'
import { TallyError } from '../../../contract/errors.ts'
import type { Outcome, SentConfig, SentSecret } from '../../../contract/transfer-wire.ts'
import type { Choice } from '../../../contract/transfer-words.ts'
import type { Arrived, Decision, Edit } from '../../../contract/transfers.ts'
import { SECRET_TYPES } from '../../../contract/vault-words.ts'
import { checkConfig } from '../check.ts'
import { type Contents, linksOf } from '../contents.ts'
import { addConfig, addSecret, editConfig, editSecret, removeSecret, usesOf } from '../items.ts'
import { type Parcel, stored } from './parcel.ts'

/** A configuration that lost a link because its secret was skipped. */
export interface Unlinked {
  readonly config: string
  readonly role: string
  readonly secret: string
}

export interface Reviewed {
  readonly contents: Contents
  readonly outcome: Outcome
  readonly unlinked: readonly Unlinked[]
}

interface Decided {
  readonly choice: Choice
  /** Its name here. */
  readonly as: string
}

/** What to show of what came. `exists`: whether there is something at a path of this machine. */
export function arrivedOf(contents: Contents, parcel: Parcel, exists: (path: string) => boolean): Arrived[] {
  const secrets = parcel.secrets.map(({ name, value }): Arrived => {
    const mine = contents.secrets.find((each) => each.name === name)
    const fields = Object.entries(SECRET_TYPES[value.type])
    const given: Readonly<Record<string, string | undefined>> = value.fields
    const shown = fields.flatMap(([field, { isPublic }]) =>
      isPublic === true && given[field] !== undefined ? [[field, given[field]]] : [],
    )
    const collision =
      mine === undefined
        ? null
        : { type: mine.type, same: isSameSecret(mine, value), usedBy: usesOf(contents, name) }
    return {
      kind: 'secret',
      name,
      type: value.type,
      details: Object.fromEntries(shown),
      links: {},
      collision,
      notes: [],
    }
  })
  const configs = parcel.configs.map((config): Arrived => {
    const { type, name, description, path, origin } = config
    const mine = contents.configs.find((each) => each.name === name)
    const details = { description, path, ...(origin === undefined ? {} : { origin }) }
    const collision =
      mine === undefined ? null : { type: mine.type, same: isSameConfig(mine, config), usedBy: [] }
    const notes = exists(path) ? [`there is something at ${path} on this machine already`] : []
    return {
      kind: 'config',
      name,
      type,
      details,
      links: Object.fromEntries(linksOf(config)),
      collision,
      notes,
    }
  })
  return [...secrets, ...configs]
}

/**
 * Decides about every item: what is new is saved, the very same is reused, and where a name is taken the owner has to say. Throws TallyError
 * undecided, which names all that are open; invalidParams where a decision does not fit; vaultFull.
 */
export function review(
  contents: Contents,
  parcel: Parcel,
  decisions: readonly Decision[],
  edits: readonly Edit[],
  at: string,
): Reviewed {
  const configs = edited(parcel, edits)
  const of = decisionsBy(parcel, configs, decisions)
  const taken: string[] = []
  const secretsDecided = new Map<string, Decided>()
  let next = contents
  for (const { name, value } of parcel.secrets) {
    const mine = contents.secrets.find((each) => each.name === name)
    const decided = decide(
      'secret',
      name,
      of,
      mine !== undefined,
      mine !== undefined && isSameSecret(mine, value),
    )
    if (decided === null) taken.push(name)
    else secretsDecided.set(name, decided)
  }
  const configsDecided = new Map<SentConfig, Decided>()
  for (const [sent, config] of configs) {
    const mine = contents.configs.find(({ name }) => name === config.name)
    const decided = decide(
      'config',
      sent,
      of,
      mine !== undefined,
      mine !== undefined && isSameConfig(mine, config) && keepsNames(config, secretsDecided),
      config.name,
    )
    if (decided === null) taken.push(sent)
    else configsDecided.set(config, decided)
  }
  if (taken.length > 0) throw new TallyError('undecided', taken.join(', '))

  const outcome = { saved: [], reused: [], renamed: [], replaced: [], declined: [] } as Mutable<Outcome>
  for (const secret of parcel.secrets) {
    const decided = secretsDecided.get(secret.name)!
    next = takenSecret(next, secret, decided, at)
    note(outcome, secret.name, decided)
  }
  const unlinked: Unlinked[] = []
  for (const [sent, config] of configs) {
    const decided = configsDecided.get(config)!
    if (decided.choice !== 'skip' && decided.choice !== 'reuse') {
      const { config: relinked, dropped } = relink(config, decided.as, secretsDecided)
      unlinked.push(...dropped)
      next = decided.choice === 'replace' ? editConfig(next, relinked, at) : addConfig(next, relinked, at)
    }
    note(outcome, sent, decided)
  }
  return { contents: next, outcome, unlinked }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

function takenSecret(
  contents: Contents,
  { name, value }: SentSecret,
  { choice, as }: Decided,
  at: string,
): Contents {
  const mine = contents.secrets.find((each) => each.name === name)
  if (choice === 'reuse') {
    if (mine?.type === value.type) return contents
    throw refused(`${name} here is of type ${mine?.type}, not ${value.type}: it cannot be used instead`)
  }
  if (choice === 'replace') {
    if (mine?.type === value.type) return editSecret(contents, name, value, at)
    const uses = usesOf(contents, name)
    if (uses.length > 0) {
      throw refused(`${name} here is of type ${mine?.type}, and ${uses.join(', ')} would lose it`)
    }
    return addSecret(removeSecret(contents, name, false).contents, name, value, at)
  }
  return choice === 'skip' ? contents : addSecret(contents, as, value, at)
}

/** Links follow what was decided of their secrets. */
function relink(
  config: SentConfig,
  as: string,
  secrets: ReadonlyMap<string, Decided>,
): { config: SentConfig; dropped: Unlinked[] } {
  const dropped: Unlinked[] = []
  const links = linksOf(config).flatMap(([role, secret]) => {
    const decided = secrets.get(secret)
    if (decided !== undefined && decided.choice !== 'skip') return [[role, decided.as] as const]
    dropped.push({ config: as, role, secret })
    return []
  })
  return { config: { ...config, name: as, links: Object.fromEntries(links) }, dropped }
}

/** Whether its links would lead to secrets of the names that they have: else it is not the one that is here, however alike. */
function keepsNames(config: SentConfig, secrets: ReadonlyMap<string, Decided>): boolean {
  return linksOf(config).every(([, name]) => {
    const decided = secrets.get(name)
    return decided === undefined || (decided.choice !== 'skip' && decided.as === name)
  })
}

/** Null where the owner has to say. */
function decide(
  kind: Decision['kind'],
  name: string,
  decisions: ReadonlyMap<string, Decision>,
  isTaken: boolean,
  isSame: boolean,
  here = name,
): Decided | null {
  const decision = decisions.get(`${kind} ${name}`)
  if (decision === undefined) {
    if (!isTaken) return { choice: 'save', as: here }
    return isSame ? { choice: 'reuse', as: here } : null
  }
  const { choice, as } = decision
  if ((choice === 'rename') !== (as !== undefined)) {
    throw refused(`${name}: rename takes a new name, and nothing else does`)
  }
  if ((choice === 'reuse' || choice === 'replace') && !isTaken) {
    throw refused(`${name}: nothing here is called so, so there is nothing to ${choice}`)
  }
  if (choice === 'save' && isTaken) return null
  return { choice, as: as ?? here }
}

function decisionsBy(
  parcel: Parcel,
  configs: ReadonlyMap<string, SentConfig>,
  decisions: readonly Decision[],
): ReadonlyMap<string, Decision> {
  const found = new Map<string, Decision>()
  for (const decision of decisions) {
    const { kind, name } = decision
    const isThere = kind === 'secret' ? parcel.secrets.some((each) => each.name === name) : configs.has(name)
    if (!isThere)
      throw refused(`${name}: no ${kind === 'secret' ? 'secret' : 'configuration'} of that name came`)
    const key = `${kind} ${name}`
    if (found.has(key)) throw refused(`${name} is decided twice`)
    found.set(key, decision)
  }
  return found
}

/** By their names as they were sent. Throws TallyError invalidParams. */
function edited({ configs, secrets }: Parcel, edits: readonly Edit[]): Map<string, SentConfig> {
  const all = new Map(configs.map((config) => [config.name, config]))
  for (const { config: name, ...changes } of edits) {
    const before = all.get(name)
    if (before === undefined) throw refused(`${name}: no configuration of that name came`)
    const after = { ...before, ...changes }
    const problem = checkConfig(after, { secrets: stored(secrets) })
    if (problem !== null) throw refused(`${name}: ${problem}`)
    all.set(name, after)
  }
  const names = [...all.values()].map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw refused(`two configurations would be called ${twice}`)
  return all
}

function note(outcome: Mutable<Outcome>, name: string, { choice, as }: Decided): void {
  if (choice === 'reuse') outcome.reused.push(name)
  else if (choice === 'skip') outcome.declined.push(name)
  else if (choice === 'replace') outcome.replaced.push(name)
  else if (as !== name) outcome.renamed.push({ name, as })
  else outcome.saved.push(name)
}

function isSameSecret(
  mine: { type: string; fields: unknown },
  { type, fields }: SentSecret['value'],
): boolean {
  return mine.type === type && isDeepStrictEqual(mine.fields, fields)
}

function isSameConfig(mine: SentConfig, { description, path, origin, links }: SentConfig): boolean {
  return isDeepStrictEqual(
    [mine.description, mine.path, mine.origin, mine.links],
    [description, path, origin, links],
  )
}

function refused(sentence: string): TallyError {
  return TallyError.saying('invalidParams', sentence, 'decide again; nothing was saved')
}
