// What came, as a person reads it; and what they decide about it, by flags or by answering.
import { deviceNamed } from '../../contract/device-named.ts'
import { TallyError } from '../../contract/errors.ts'
import type { Choice } from '../../contract/transfer-words.ts'
import type { Arrived, Decision, Edit, Preview } from '../../contract/transfers.ts'
import { asked as ask, askedToKeep } from '../terminal/prompt.ts'
import { clean } from '../terminal/text.ts'
import type { Asked } from './parse.ts'

/** `--resolve` as a question to ask of what came. Throws TallyError wrongUsage. */
export function decisionsIn(asked: Asked): (preview: Preview) => Decision[] {
  const wishes = (asked.values('resolve') ?? []).map(readWish)
  return ({ items }) =>
    wishes.flatMap(({ kind, name, choice, as }) => {
      const meant = items.filter((item) => item.name === name && (kind === undefined || item.kind === kind))
      if (meant.length === 0) {
        throw new TallyError('wrongUsage', `--resolve names ${clean(name)}, which did not come`)
      }
      return meant.map((item) => ({ kind: item.kind, name, choice, ...(as === undefined ? {} : { as }) }))
    })
}

function readWish(text: string): { kind?: Arrived['kind']; name: string; choice: Choice; as?: string } {
  const [, kind, name = '', word = ''] =
    /^(?:(secret|config):)?(.+)=(reuse|replace|skip|rename:.+)$/.exec(text) ?? []
  if (name === '') {
    throw new TallyError(
      'wrongUsage',
      `--resolve is ${clean(text)}`,
      'write NAME=reuse, NAME=replace, NAME=skip or NAME=rename:NEW',
    )
  }
  const as = word.startsWith('rename:') ? word.slice('rename:'.length) : undefined
  const choice = as === undefined ? (word as Choice) : 'rename'
  return {
    name,
    choice,
    ...(kind === undefined ? {} : { kind: kind as Arrived['kind'] }),
    ...(as === undefined ? {} : { as }),
  }
}

/** What nothing was decided about though its name is taken by something else. */
export function taken({ items }: Preview, decisions: readonly Decision[]): Arrived[] {
  return items.filter(
    ({ kind, name, collision }) =>
      collision !== null &&
      !collision.same &&
      !decisions.some((each) => each.kind === kind && each.name === name),
  )
}

export function reviewLines({ from, items }: Preview): string[] {
  const who = from.paired
    ? clean(from.name)
    : deviceNamed(clean(from.name), clean(from.id), clean(from.address), 'not paired')
  return [`${who} sends:`, ...items.flatMap(itemLines)]
}

function itemLines({ type, name, details, links, collision, notes }: Arrived): string[] {
  const state =
    collision === null
      ? 'new'
      : collision.same
        ? 'the same is here already'
        : `its name is taken here${collision.type === type ? '' : `, by one of type ${clean(collision.type)}`}`
  const uses = collision?.same === false ? collision.usedBy : []
  const warned = uses.length === 0 ? [] : [`  to replace it changes ${uses.map(clean).join(', ')}`]
  const shown = Object.entries({ ...details, ...links }).filter(([, value]) => value !== '')
  return [
    `${clean(type).padEnd(17)}${clean(name)}   ${state}`,
    ...shown.map(([field, value]) => `  ${clean(field).padEnd(15)}${clean(value)}`),
    ...warned,
    ...notes.map((note) => `  ${clean(note)}`),
  ]
}

/** Asks about every name that is taken, then whether to save. Null is no. */
export async function decide(
  preview: Preview,
  given: readonly Decision[],
  over: AbortSignal,
): Promise<{ decisions: Decision[]; edits: Edit[] } | null> {
  const decisions = [...given]
  for (const item of taken(preview, decisions)) {
    const { kind, name } = item
    decisions.push({ kind, name, ...(await choiceFor(item, over)) })
  }
  let edits: Edit[] = []
  for (;;) {
    const reply = (await ask('save it? [y/N, e to edit]', over)).toLowerCase()
    if (reply === 'y' || reply === 'yes') return { decisions, edits }
    if (reply !== 'e') return null
    edits = await editsOf(preview, decisions, over)
  }
}

async function choiceFor(
  { kind, name }: Arrived,
  over: AbortSignal,
): Promise<{ choice: Choice; as?: string }> {
  const mine = kind === 'secret' ? 'reuse mine' : 'keep mine'
  for (;;) {
    const reply = await ask(`${clean(name)} is taken: r ${mine}, p replace, n rename, s skip`, over)
    if (/^(r|reuse)$/i.test(reply)) return { choice: 'reuse' }
    if (/^(p|replace)$/i.test(reply)) return { choice: 'replace' }
    if (/^(s|skip)$/i.test(reply)) return { choice: 'skip' }
    if (/^(n|rename)$/i.test(reply)) {
      const as = await ask(`new name for ${clean(name)}`, over)
      if (as !== '') return { choice: 'rename', as }
    }
  }
}

/** Configurations as they are to stand here; a secret is renamed by a decision. */
async function editsOf({ items }: Preview, decisions: Decision[], over: AbortSignal): Promise<Edit[]> {
  const edits: Edit[] = []
  for (const { kind, name, details } of items) {
    const decided = decisions.find((each) => each.kind === kind && each.name === name)
    if (decided !== undefined && decided.choice !== 'rename') continue
    const as = await askedToKeep(`name of the ${kind}`, decided?.as ?? name, { over })
    if (kind === 'secret') {
      if (decided !== undefined) decisions.splice(decisions.indexOf(decided), 1)
      if (as !== name) decisions.push({ kind, name, choice: 'rename', as })
      continue
    }
    const before = details['description'] ?? ''
    const description = await askedToKeep('  description', before, { mayBeEmpty: true, over })
    const path = await askedToKeep('  path', details['path'] ?? '', { over })
    if (decided !== undefined) decisions.splice(decisions.indexOf(decided), 1)
    edits.push({ config: name, name: as, description, path })
  }
  return edits
}
