// Reads members and tokens from the disk.
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Audit } from '../store/audit.ts'
import { openDocument } from '../store/document.ts'
import type { Incidents } from '../store/incidents.ts'
import { isTokenData, type TokenData } from './token-data.ts'
import { Tokens } from './tokens.ts'

const SCHEMA = 1
const EMPTY: TokenData = { members: [], tokens: [] }

export interface OpenTokensContext {
  readonly paths: Pick<Paths, 'tokens'>
  readonly bus: Bus
  readonly audit: Pick<Audit, 'record'>
  readonly incidents: Incidents
  /** Unix milliseconds. */
  readonly now: () => number
}

/** None where there is no file. Throws what reading throws on EACCES or EIO. */
export async function openTokens({ paths, bus, audit, incidents, now }: OpenTokensContext): Promise<Tokens> {
  const document = await openDocument<TokenData>({
    path: paths.tokens,
    schema: SCHEMA,
    check: isTokenData,
    empty: EMPTY,
    // No lost file brings back a token that was revoked.
    twice: true,
    onQuarantine: ({ path, broken, why, previousUsed }) =>
      incidents.record({
        code: 'tokensUnreadable',
        subject: path,
        says: `${path} could not be used (${why})${broken === null ? '' : `; it is kept as ${broken}`}`,
        next: previousUsed
          ? 'nothing is lost: its second copy is used'
          : 'enrol clients again: tallyctl tokens',
      }),
  })
  return new Tokens({
    document,
    record: (...what) => audit.record(...what),
    now,
    onEnded: (ids) => bus.emit('tokensEnded', ids),
  })
}
