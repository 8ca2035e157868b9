// credentials.json: the tokens of other tallyds that this user holds, one entry an address. Whatever else stands in its place is
// refused and left as it is: a token in the wrong hands, or a lost one, is worse than an error.
import { constants, type Stats } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { TallyError } from '../../contract/errors.ts'
import { quoted } from '../../contract/shell-words.ts'

/** What is known of one daemon elsewhere. */
export interface Credential {
  /** Secret. */
  readonly token: string
  /** Of the key of its certificate; null where its chain is trusted. */
  readonly pin: string | null
  /** Not secret; null where it was not said. */
  readonly tokenId: string | null
  readonly member: string | null
  readonly scopes: readonly string[]
  /** RFC 3339. */
  readonly savedAt: string
}

/** By normalised address. */
export type Credentials = ReadonlyMap<string, Credential>

export const VERSION = 1
const LONGEST = 1024 * 1024

/** What a token may look like: it travels in a header. */
const TOKEN = /^[\x21-\x7e]{8,256}$/

/** Reads a token, without the line break behind it. Throws TallyError wrongUsage that does not repeat it. */
export function tokenIn(text: string, from: string): string {
  const token = text.trim()
  if (TOKEN.test(token)) return token
  throw new TallyError(
    'wrongUsage',
    token === '' ? `there is no token in ${from}` : `what is in ${from} is no token`,
    'it is one word such as tallyd_EXAMPLE',
  )
}

/** The file at `path`; empty where there is none. Throws TallyError stateUnreadable, which names what mends it. */
export async function readCredentials(path: string): Promise<Credentials> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
    throw unreadable(path, `it cannot be read (${error.code})`, 'mend its permissions')
  })
  if (found === null) return new Map()
  checkFile(found, path)
  return parsed(await contentOf(path), path)
}

/** Throws unless it is a file of ours that nobody else can read. */
function checkFile(found: Stats, path: string): void {
  if (found.isSymbolicLink())
    throw unreadable(path, 'it is a symbolic link', `put the file itself there: rm ${quoted(path)}`)
  if (!found.isFile()) throw unreadable(path, 'it is no file', `take it away: ${path}`)
  const us = process.getuid?.()
  if (us !== undefined && found.uid !== us) {
    throw unreadable(path, `it belongs to user ${found.uid}, we are ${us}`, `take it away: ${path}`)
  }
  const mode = found.mode & 0o777
  if ((mode & 0o077) !== 0) {
    const octal = mode.toString(8).padStart(4, '0')
    throw unreadable(
      path,
      `others may read it (mode ${octal})`,
      `if its tokens are still secret, run: chmod 600 ${quoted(path)}`,
    )
  }
  if (found.size > LONGEST) throw unreadable(path, 'it is larger than 1 MiB', `move it away: ${path}`)
}

async function contentOf(path: string): Promise<string> {
  try {
    // Checked again on what was opened: a link may have been put in its place meanwhile.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      checkFile(await file.stat(), path)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof TallyError) throw error
    throw unreadable(
      path,
      `it cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'mend its permissions',
    )
  }
}

function parsed(text: string, path: string): Credentials {
  const garbage = (what: string) =>
    unreadable(path, what, `restore it from a backup, or move it away and connect again: ${path}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw garbage('it is not JSON')
  }
  if (!isObject(value) || !Number.isInteger(value['version'])) throw garbage('it is no file of credentials')
  const version = value['version'] as number
  if (version > VERSION) {
    throw unreadable(
      path,
      `it is of version ${version}, this tallyctl knows ${VERSION}`,
      'use the newer tallyctl',
    )
  }
  const entries = value['credentials']
  if (version < 1 || !isObject(entries)) throw garbage('it is no file of credentials')
  const read = new Map<string, Credential>()
  for (const [url, entry] of Object.entries(entries)) {
    if (!isCredential(entry)) throw garbage('an entry of it is damaged')
    read.set(url, entry)
  }
  return read
}

function isCredential(value: unknown): value is Credential {
  if (!isObject(value)) return false
  const { token, pin, tokenId, member, scopes, savedAt } = value
  const texts = [pin, tokenId, member].every((each) => each === null || typeof each === 'string')
  const isList = Array.isArray(scopes) && scopes.every((each) => typeof each === 'string')
  return typeof token === 'string' && TOKEN.test(token) && texts && isList && typeof savedAt === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(path: string, what: string, next: string): TallyError {
  return TallyError.saying('stateUnreadable', `${path} is not used: ${what}`, next)
}
