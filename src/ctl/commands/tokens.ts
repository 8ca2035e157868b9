// `tallyctl tokens`: every token, never with its secret; and the three verbs, two of which print a secret once.
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { Result } from '../../contract/methods.ts'
import type { Minted, TokenRow } from '../../contract/tokens.ts'
import { counted, remaining, when } from '../terminal/figures.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { readLifetime } from './duration.ts'
import type { Asked } from './parse.ts'

export const tokens: Command = async (asked, at) => {
  const result = await at.daemon.call('tokens.list', {})
  if (asked.has('json')) await at.screen.json(result)
  else if (result.tokens.length > 0) await at.screen.answer(...tokenLines(result, at.screen, Date.now()))
  else {
    await at.screen.answer('no tokens yet')
    await at.screen.note(...none.map((line) => at.screen.typed(line)))
  }
  return EXIT.ok
}

const none = ['to make one: tallyctl tokens create --help', 'how many tokens the agents used: tallyctl usage']

export const createToken: Command = async (asked, at) => {
  const member = asked.value('member')
  const scopes = asked.values('scope')
  if (member === undefined) throw missing('--member', asked)
  if (scopes === undefined) throw missing('--scope', asked)
  const result = await at.daemon.call('tokens.create', {
    member,
    scopes: [...new Set(scopes)],
    ...wishes(asked),
  })
  if (asked.has('json')) await at.screen.json(result)
  else await show(result.token, at)
  return EXIT.ok
}

export const revokeToken: Command = async (asked, at) => {
  const [id = ''] = asked.words
  if (!/^[0-9a-f]{8}$/.test(id)) {
    throw new TallyError('wrongUsage', `${clean(id)} is no id of a token`, 'tallyctl tokens lists them')
  }
  const force = asked.has('force') ? { force: true } : {}
  const result = await at.daemon.call('tokens.revoke', { id, ...force })
  if (asked.has('json')) await at.screen.json(result)
  else await at.screen.answer(`${named(result.revoked)} is revoked: it opens nothing any more`)
  return EXIT.ok
}

export const rotateTokens: Command = async (asked, at) => {
  const scopes = asked.values('scope')
  const result = await at.daemon.call('tokens.rotate', {
    member: asked.words[0] ?? '',
    ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
    ...wishes(asked),
    ...(asked.has('force') ? { force: true } : {}),
  })
  if (asked.has('json')) await at.screen.json(result)
  else {
    await show(result.token, at)
    await at.screen.note(`revoked for it: ${counted(result.revoked.length, 'token')}`)
  }
  return EXIT.ok
}

/** `--label`, `--expires` and `--identity`. */
function wishes(asked: Asked): { label?: string; expiresIn?: number; identity?: string } {
  const [label, expires, identity] = [asked.value('label'), asked.value('expires'), asked.value('identity')]
  return {
    ...(label === undefined ? {} : { label }),
    ...(expires === undefined ? {} : { expiresIn: readLifetime(expires, '--expires') }),
    ...(identity === undefined ? {} : { identity }),
  }
}

/** The secret alone on stdout, so that a script can keep it. */
async function show(token: Minted, at: Surrounding): Promise<void> {
  await at.screen.answer(clean(token.secret))
  const until = token.expiresAt === null ? '' : `, for ${remaining(token.expiresAt, Date.now())}`
  const may = clean(token.scopes.join(' '))
  await at.screen.note(
    `${named(token)} may ${may}${until}; its secret is shown this once, tallyd keeps a hash`,
  )
}

/** `0a1b2c3d of kitchen display`. */
function named({ id, member }: TokenRow): string {
  return `${clean(id)} of ${clean(member)}`
}

function missing(flag: string, { command }: Asked): TallyError {
  return new TallyError('wrongUsage', `${flag} is missing`, `run: tallyctl ${command} --help`)
}

const COLUMNS: readonly Column[] = ['id', 'member', 'label', 'scopes', 'origin', 'last used', 'expires'].map(
  (title) => ({ title, align: 'left' }),
)

/** `now` in Unix milliseconds. */
export function tokenLines({ tokens: rows }: Result<'tokens.list'>, screen: Screen, now: number): string[] {
  const cells = rows.map((token) => [
    clean(token.id),
    clean(token.member),
    clean(token.label),
    clean(token.scopes.join(' ')),
    originOf(token),
    token.lastUsedAt === null ? 'never' : clean(when(token.lastUsedAt, now)),
    token.expiresAt === null ? 'never' : `in ${remaining(token.expiresAt, now)}`,
  ])
  return tableLines({ columns: COLUMNS, rows: cells }, screen.columns)
}

/** A login with the device that it is bound to. */
function originOf({ origin, device }: TokenRow): string {
  return device === null ? clean(origin) : `${clean(origin)} ${clean(device).slice(0, 8)}`
}
