// A file of ours that holds a key: made in one step and never half there, readable by nobody else, and not read where it is.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, link, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { syncFolder } from '../store/durable-file.ts'
import { SCHEMAS } from '../store/schemas.ts'

/** Stands in every one. */
export const SCHEMA = SCHEMAS.identity
const LARGEST_BYTES = 16 * 1024

/** What lies there, or why it is not used; `openTo` is its mode where others may read it. */
export type SecretFile = { readonly text: string } | { readonly why: string } | { readonly openTo: string }

/** null where there is no file. Never throws. */
export async function readSecretFile(path: string): Promise<SecretFile | null> {
  try {
    return await contentOf(path)
  } catch (error) {
    const code = codeOf(error)
    return code === 'ENOENT' ? null : { why: code ?? String(error) }
  }
}

async function contentOf(path: string): Promise<SecretFile> {
  // O_NONBLOCK: a pipe that stands here must not hold the start.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) return { why: 'it is not a file' }
    if (found.size > LARGEST_BYTES) return { why: `it has more than ${LARGEST_BYTES} bytes` }
    if ((found.mode & 0o077) !== 0) return { openTo: (found.mode & 0o777).toString(8).padStart(4, '0') }
    return { text: await handle.readFile('utf8') }
  } finally {
    await handle.close()
  }
}

/** Writes the record unless there is one: of several that try at once one is written. Throws what the disk says. */
export async function writeOnce(path: string, record: object): Promise<void> {
  const fresh = await writeFresh(path, record)
  try {
    await linkOnce(fresh, path)
  } finally {
    await rm(fresh, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Puts the record in the place of the one that is there, in one step. */
export async function replace(path: string, record: object): Promise<void> {
  const fresh = await writeFresh(path, record)
  try {
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Gives what lies at `path`, readable or not, a second name beside it, and says which; null where nothing lies. */
export async function keepAside(path: string, at: Date): Promise<string | null> {
  const aside = path.replace(/(\.json)?$/, `.old-${at.toISOString().replaceAll(/[:.]/g, '-')}.json`)
  try {
    await link(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    if (!hasNoLinks(error)) throw error
    await copyFile(path, aside, constants.COPYFILE_EXCL)
  }
  await chmod(aside, 0o600)
  await syncFolder(dirname(path))
  return aside
}

/** Removes what a process left that was killed while it made an identity. Only where there is one: nobody needs it then. */
export async function sweep(path: string): Promise<void> {
  const prefix = `${basename(path)}.new-`
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { force: true })
  }
}

async function writeFresh(path: string, record: object): Promise<string> {
  const fresh = `${path}.new-${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(fresh, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ schema: SCHEMA, ...record }, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw error
  }
  return fresh
}

async function linkOnce(fresh: string, path: string): Promise<void> {
  try {
    await link(fresh, path)
  } catch (error) {
    // Somebody was first; whoever swept our file away was, too.
    if (codeOf(error) === 'EEXIST' || ((await exists(path)) && codeOf(error) === 'ENOENT')) return
    // Without hard links only the instance's lock keeps two processes apart.
    if (!hasNoLinks(error) || (await exists(path))) throw error
    await rename(fresh, path)
  }
}

function hasNoLinks(error: unknown): boolean {
  return ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(codeOf(error) ?? '')
}

async function exists(path: string): Promise<boolean> {
  return (await readdir(dirname(path))).includes(basename(path))
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
