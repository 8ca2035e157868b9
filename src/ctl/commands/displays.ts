// `tallyctl displays`: tokens that read the snapshot and nothing else; one is made here, one is taken back.
import { hostname } from 'node:os'
import { EXIT, TallyError } from '../../contract/errors.ts'
import type { TokenRow } from '../../contract/tokens.ts'
import type { Daemon } from '../connection/daemon.ts'
import { counted, remaining, when } from '../terminal/figures.ts'
import { qrLines } from '../terminal/qr.ts'
import { type Column, tableLines } from '../terminal/table.ts'
import { clean } from '../terminal/text.ts'
import type { Command, Surrounding } from './command.ts'
import { readLifetime } from './duration.ts'
import type { Asked } from './parse.ts'

const SNAPSHOT = '/dashboard/v1/snapshot'

export const displays: Command = async (asked, at) => {
  const found = await displaysOf(at.daemon)
  if (asked.has('json')) await at.screen.json({ displays: found })
  else if (found.length > 0) await at.screen.answer(...displayLines(found, at.screen.columns, Date.now()))
  else {
    await at.screen.answer('no displays yet')
    await at.screen.note(
      at.screen.typed('one that can scan or be typed into: tallyctl displays add NAME'),
      at.screen.typed('one with a few keys: tallyctl displays pair NAME'),
    )
  }
  return EXIT.ok
}

export const addDisplay: Command = async (asked, at) => {
  const [name = ''] = asked.words
  // Before anything is made: what nobody can reach is of no use.
  const { endpoint, pin, plain } = await placeOf(at.daemon)
  const { token } = await at.daemon.call('tokens.create', {
    member: name,
    scopes: ['dashboard:read'],
    label: name,
    ...wishes(asked),
  })
  if (asked.has('json')) {
    await at.screen.json({ endpoint, pin, plain, token })
    return EXIT.ok
  }
  const pinned = pin === null ? [] : [`pin        ${clean(pin)}`]
  const unencrypted = plain === null ? [] : [`or         ${clean(plain)}   (unencrypted)`]
  await at.screen.answer(
    `endpoint   ${clean(endpoint)}`,
    ...unencrypted,
    ...pinned,
    `token      ${clean(token.secret)}`,
  )
  const { columns } = at.screen
  if (columns !== null) {
    const lines = await qrLines(JSON.stringify({ endpoint, pin, token: token.secret }), at.screen, columns)
    if (lines !== null) await at.screen.answer('', ...lines)
  }
  await at.screen.note(
    'shown this once; tallyd keeps a hash of the token',
    ...(plain === null ? onlyHere(endpoint) : []),
  )
  return EXIT.ok
}

export const removeDisplay: Command = async (asked, at) => {
  const [word = ''] = asked.words
  const found = (await displaysOf(at.daemon)).filter(({ id, member }) => id === word || member === word)
  if (found.length === 0) {
    throw new TallyError('noSuchToken', `no display is called ${clean(word)}`, 'tallyctl displays lists them')
  }
  const removed: TokenRow[] = []
  for (const { id } of found) removed.push((await at.daemon.call('tokens.revoke', { id })).revoked)
  if (asked.has('json')) await at.screen.json({ removed })
  else {
    const names = new Set(removed.map(({ member }) => member))
    const { tokens } = await at.daemon.call('tokens.list', {})
    const left = tokens.filter(({ member }) => names.has(member)).length
    const says = `${counted(removed.length, 'token')} of ${clean(word)} revoked`
    await at.screen.answer(left === 0 ? `${says}: it is shown nothing any more` : says)
    if (left > 0)
      await at.screen.note(at.screen.typed(`${counted(left, 'token')} of it stay: tallyctl tokens`))
  }
  return EXIT.ok
}

/** `--identity` and `--expires`. */
export function wishes(asked: Asked): { identity?: string; expiresIn?: number } {
  const [identity, expires] = [asked.value('identity'), asked.value('expires')]
  return {
    ...(identity === undefined ? {} : { identity }),
    ...(expires === undefined ? {} : { expiresIn: readLifetime(expires, '--expires') }),
  }
}

/** What to know of an address that only this machine can reach. */
export function onlyHere(url: string): string[] {
  if (!url.startsWith('http://')) return []
  return [
    'this address is for this machine alone: for a display elsewhere set web.lan in the config (docs/web.md)',
  ]
}

/** Where displays ask, the pin of the key there, and where they ask unencrypted; null for what there is not. Throws TallyError webClosed. */
async function placeOf(
  daemon: Daemon,
): Promise<{ endpoint: string; pin: string | null; plain: string | null }> {
  const [{ listeners }, { certificate }] = await daemon.callAll([
    { method: 'daemon.status', params: {} },
    { method: 'web.cert', params: {} },
  ])
  const { url, plainHttpPort, problem } = listeners.web
  if (url === null) throw new TallyError('webClosed', problem ?? 'the config says web.mode off')
  return {
    endpoint: `${url}${SNAPSHOT}`,
    pin: url.startsWith('https:') ? certificate.pin : null,
    // As multicast DNS has it (RFC 6762 §3); any address of this machine does as well.
    plain:
      plainHttpPort === null ? null : `http://${hostname().split('.')[0]}.local:${plainHttpPort}${SNAPSHOT}`,
  }
}

/** Every token that reads the snapshot and nothing else. */
export async function displaysOf(daemon: Daemon): Promise<TokenRow[]> {
  const { tokens } = await daemon.call('tokens.list', {})
  return tokens.filter(({ scopes }) => scopes.length === 1 && scopes[0] === 'dashboard:read')
}

const COLUMNS: readonly Column[] = ['id', 'display', 'label', 'identity', 'last used', 'expires'].map(
  (title) => ({
    title,
    align: 'left',
  }),
)

function displayLines(
  found: readonly TokenRow[],
  columns: Surrounding['screen']['columns'],
  now: number,
): string[] {
  const rows = found.map(({ id, member, label, identity, lastUsedAt, expiresAt }) => [
    clean(id),
    clean(member),
    clean(label),
    clean(identity),
    lastUsedAt === null ? 'never' : clean(when(lastUsedAt, now)),
    expiresAt === null ? 'never' : `in ${remaining(expiresAt, now)}`,
  ])
  return tableLines({ columns: COLUMNS, rows }, columns)
}
