// Reads the user's config file. What does not fit is left out, smallest part first, and told; the rest is used.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Config } from '../contract/config.ts'
import { CONFIG } from '../contract/generated/validators.ts'
import { problemOf } from '../contract/misfit.ts'
import type { Incident } from './store/incidents.ts'

const LARGEST = 1024 * 1024
/** Mistakes that are told one by one; a file with more is left out as a whole. */
const MOST_MISTAKES = 50

export interface Settings {
  readonly config: Config
  /** What was left out, one for each part. */
  readonly mistakes: readonly Pick<Incident, 'code' | 'subject' | 'says' | 'next'>[]
}

/** The code of every incident that a config file causes. */
export const CONFIG_INCIDENT = 'configIgnored'

/** Never throws: without a file, or with an unreadable one, every setting has its default. */
export async function readSettings(path: string): Promise<Settings> {
  let text: string
  try {
    text = await contentOf(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return { config: {}, mistakes: [] }
    return allOf(path, `cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return allOf(path, `is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  return withoutMistakes(path, value)
}

async function contentOf(path: string): Promise<string> {
  // O_NONBLOCK: a pipe that stands here must not hold the start.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > LARGEST) throw new Error('it is larger than 1 MiB')
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function withoutMistakes(path: string, value: unknown): Settings {
  const mistakes: Settings['mistakes'][number][] = []
  while (!CONFIG(value)) {
    const { path: place, problem } = problemOf(CONFIG)
    if (place === '') return allOf(path, problem)
    if (mistakes.length >= MOST_MISTAKES) return allOf(path, `has more than ${MOST_MISTAKES} mistakes`)
    const key = keyAt(place)
    remove(value, place)
    mistakes.push({
      code: CONFIG_INCIDENT,
      subject: `${path} ${key}`,
      says: `${path}: ${key}: ${problem}; it is left out`,
      next: 'mend it (docs/config.md lists every key), then restart tallyd',
    })
  }
  return { config: value as Config, mistakes }
}

function allOf(path: string, why: string): Settings {
  const next = 'mend it (docs/config.md has an example), then restart tallyd'
  const says = `${path} ${why}; every setting has its default`
  return { config: {}, mistakes: [{ code: CONFIG_INCIDENT, subject: path, says, next }] }
}

function segmentsOf(pointer: string): string[] {
  return pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** `sources.codex.roots[2]` for `/sources/codex/roots/2`. */
function keyAt(pointer: string): string {
  return segmentsOf(pointer)
    .map((segment, index) => (/^\d+$/.test(segment) ? `[${segment}]` : `${index > 0 ? '.' : ''}${segment}`))
    .join('')
    .slice(0, 200)
}

function remove(value: unknown, pointer: string): void {
  const segments = segmentsOf(pointer)
  const last = segments.pop() ?? ''
  const holder = segments.reduce<unknown>((at, segment) => (at as Record<string, unknown>)[segment], value)
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete (holder as Record<string, unknown>)[last]
}
