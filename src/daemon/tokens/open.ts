// Reads members and tokens from the disk.
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Audit } from '../store/audit.ts'
import type { Incidents } from '../store/incidents.ts'
import { SCHEMAS } from '../store/schemas.ts'
import { openToldDocument, TWICE } from '../store/told-document.ts'
import { isTokenData, type TokenData } from './token-data.ts'
import { Tokens } from './tokens.ts'

const EMPTY: TokenData = { members: [], tokens: [] }

export interface OpenTokensContext {
  readonly paths: Pick<Paths, 'tokens'>
  readonly bus: Bus
  readonly audit: Pick<Audit, 'record'>
  readonly incidents: Incidents
  /** Unix milliseconds. */
  readonly now: () => number
}

/** None where there is no file, or where it cannot be read: then nothing is valid and nothing can be changed. Never throws. */
export async function openTokens({ paths, bus, audit, incidents, now }: OpenTokensContext): Promise<Tokens> {
  const { document } = await openToldDocument<TokenData>({
    ...TWICE,
    path: paths.tokens,
    schema: SCHEMAS.tokens,
    check: isTokenData,
    empty: EMPTY,
    incidents,
    code: 'tokensUnreadable',
    whenLost: 'every token is void: make or enrol new ones',
    meanwhile: '; no token is valid until it can',
  })
  const tokens = new Tokens({
    document,
    record: (...what) => audit.record(...what),
    now,
    monotonic: () => performance.now(),
    onEnded: (ids) => bus.emit('tokensEnded', ids),
  })
  // What was over before the daemon began is so for good.
  await tokens.expire().catch(() => undefined)
  return tokens
}
