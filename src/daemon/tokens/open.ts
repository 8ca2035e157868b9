// Reads members and tokens from the disk.
import type { Paths } from '../../contract/paths.ts'
import type { Bus } from '../bus.ts'
import type { Audit } from '../store/audit.ts'
import { type Document, openDocument } from '../store/document.ts'
import type { Quarantine } from '../store/durable-file.ts'
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

/** None where there is no file, or where it cannot be read: then nothing is valid and nothing can be changed. Never throws. */
export async function openTokens({ paths, bus, audit, incidents, now }: OpenTokensContext): Promise<Tokens> {
  const unreadable = (path: string, says: string, next: string) =>
    incidents.record({ code: 'tokensUnreadable', subject: path, says, next })
  const onQuarantine = ({ path, broken, why, previousUsed }: Quarantine) =>
    unreadable(
      path,
      `${path} could not be used (${why})${broken === null ? '' : `; it is kept as ${broken}`}`,
      previousUsed
        ? 'nothing is lost: its second copy is used'
        : 'every token is void: make or enrol new ones',
    )
  const document = await openDocument<TokenData>({
    path: paths.tokens,
    schema: SCHEMA,
    check: isTokenData,
    empty: EMPTY,
    // No lost file brings back a token that was revoked.
    twice: true,
    onQuarantine,
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    unreadable(
      paths.tokens,
      `${paths.tokens} cannot be read (${why}); no token is valid until it can`,
      'mend its permissions, then restart tallyd',
    )
    return closedDocument(error)
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

/** What is there must not be written over. */
function closedDocument(error: unknown): Document<TokenData> {
  return { value: EMPTY, update: () => Promise.reject(error) }
}
