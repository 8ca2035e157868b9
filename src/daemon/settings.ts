// Reads the user's config file. What does not fit is left out, smallest part first, and told; the rest is used.
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Config } from '../contract/config.ts'
import { CONFIG } from '../contract/generated/validators.ts'
import { nearest, problemOf } from '../contract/misfit.ts'
import type { Validator } from '../contract/validator.ts'
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

interface Mistake {
  readonly place: string
  readonly problem: string
}

/** A required key that is missing. */
interface Missing {
  /** JSON Pointer of the object that lacks it. */
  readonly place: string
  readonly key: string
  /** Every key that may stand there. */
  readonly known: readonly string[]
}

/** Stands in for a missing key while the rest is checked, so that one mistake does not hide the next. */
const STAND_IN = 0

function withoutMistakes(path: string, value: unknown): Settings {
  const mistakes: Mistake[] = []
  /** Keys whose absence follows from a mistake that is told already. */
  const told = new Set<string>()
  /** Objects that lack what they need: left out as a whole at the end. */
  const lacking = new Set<string>()
  const standIns = new Set<string>()
  while (!CONFIG(value)) {
    if (mistakes.length >= MOST_MISTAKES) return allOf(path, `has more than ${MOST_MISTAKES} mistakes`)
    const missing = missingIn(CONFIG)
    if (missing !== null) {
      const { place, key } = missing
      const holder = at(value, place) as Record<string, unknown>
      if (!told.has(below(place, key))) mistakes.push(withoutSlip(missing, holder))
      lacking.add(place)
      standIns.add(below(place, key))
      holder[key] = STAND_IN
      continue
    }
    const { path: place, problem } = problemOf(CONFIG)
    if (place === '') return allOf(path, problem)
    if (standIns.has(place)) {
      remove(value, parentOf(place))
      continue
    }
    mistakes.push({ place, problem })
    told.add(place)
    const meant = meantBy(CONFIG)
    if (meant !== undefined) told.add(below(parentOf(place), meant))
    remove(value, place)
  }
  for (const place of lacking) remove(value, place)
  return { config: value as Config, mistakes: mistakes.map((mistake) => inWords(path, mistake, lacking)) }
}

function inWords(
  path: string,
  { place, problem }: Mistake,
  lacking: ReadonlySet<string>,
): Settings['mistakes'][number] {
  const key = keyAt(place)
  const whole = [...lacking].find((holder) => place.startsWith(`${holder}/`))
  return {
    code: CONFIG_INCIDENT,
    subject: `${path} ${key}`,
    says: `${path}: ${key}: ${problem}; ${whole === undefined ? 'it' : keyAt(whole)} is left out`,
    next: 'mend it (docs/config.md lists every key), then restart tallyd',
  }
}

/** What is missing, if that is what the validator complains of. */
function missingIn({ errors }: Validator): Missing | null {
  const misfit = errors?.[0]
  if (misfit?.keyword !== 'required') return null
  const known = Object.keys(misfit.parentSchema?.properties ?? {})
  return { place: misfit.instancePath, key: String(misfit.params['missingProperty']), known }
}

/** The key that an unknown one was probably meant to be. */
function meantBy({ errors }: Validator): string | undefined {
  const misfit = errors?.[0]
  if (misfit?.keyword !== 'additionalProperties') return undefined
  const known = Object.keys(misfit.parentSchema?.properties ?? {})
  return nearest(String(misfit.params['additionalProperty']), known)
}

/** A key is missing: where it stands there mistyped, that is the mistake, and it is taken out of `holder`. */
function withoutSlip({ place, key, known }: Missing, holder: Record<string, unknown>): Mistake {
  const slip = Object.keys(holder).find((each) => !known.includes(each) && nearest(each, known) === key)
  if (slip === undefined) return { place, problem: `${JSON.stringify(key)} is missing` }
  delete holder[slip]
  const problem = `unknown key ${JSON.stringify(slip)}, did you mean ${JSON.stringify(key)}?`
  return { place: below(place, slip), problem }
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

function below(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'))
}

/** What stands at a place; undefined where nothing does. */
function at(value: unknown, pointer: string): unknown {
  if (pointer === '') return value
  return segmentsOf(pointer).reduce<unknown>(
    (holder, segment) => (holder as Record<string, unknown> | undefined)?.[segment],
    value,
  )
}

function remove(value: unknown, pointer: string): void {
  const last = segmentsOf(pointer).at(-1) ?? ''
  const holder = at(value, parentOf(pointer))
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else if (holder !== undefined) delete (holder as Record<string, unknown>)[last]
}
