// Says in words what does not fit a schema, where, and which known key was probably meant.
import type { Misfit, Validator } from './validator.ts'

export interface Problem {
  /** JSON Pointer of the smallest part that does not fit. */
  readonly path: string
  readonly problem: string
}

/** Why `validator` refused the value that it saw last. */
export function problemOf(validator: Validator): Problem {
  const worst = mostTelling(validator.errors ?? [])
  return worst[0] === undefined ? { path: '', problem: 'does not fit' } : inWords(worst[0], worst)
}

/** The same of a value that holds secrets: nothing of it is repeated, neither a value nor a key that is not known; nor is it kept. */
export function problemOfSecret(validator: Validator): Problem {
  const worst = mostTelling(validator.errors ?? [])
  validator.errors = null
  return worst[0] === undefined ? { path: '', problem: 'does not fit' } : withoutValues(worst[0], worst)
}

/**
 * A union reports a misfit of every branch. The branch that was meant got furthest: its misfit lies deepest, and
 * is not the constant that tells the branches apart.
 */
function mostTelling(misfits: readonly Misfit[]): readonly Misfit[] {
  const leaves = misfits.filter(({ keyword }) => keyword !== 'anyOf')
  const meant = leaves.filter(({ keyword }) => keyword !== 'const')
  const candidates = meant.length > 0 ? meant : leaves
  const depth = (misfit: Misfit) => misfit.instancePath.split('/').length
  const deepest = Math.max(...candidates.map(depth))
  return candidates.filter((misfit) => depth(misfit) === deepest)
}

function withoutValues(misfit: Misfit, all: readonly Misfit[]): Problem {
  const { instancePath: path, keyword, params, parentSchema } = misfit
  if (keyword === 'additionalProperties') {
    const known = Object.keys(parentSchema?.properties ?? {})
    const near = nearest(String(params['additionalProperty']), known)
    const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean ${quoted(near)}?`
    return { path, problem: `has a key that is not known; ${hint}` }
  }
  if (keyword === 'pattern') return { path, problem: FOREIGN }
  return inWords(misfit, all, '')
}

function inWords(misfit: Misfit, all: readonly Misfit[], seen?: string): Problem {
  const { instancePath: path, keyword, params } = misfit
  if (keyword === 'additionalProperties') return unknownKey(misfit)
  if (keyword === 'required') return { path, problem: `${quoted(params['missingProperty'])} is missing` }
  const but = seen ?? `, but is ${quoted(misfit.data)}`
  if (keyword === 'enum') return { path, problem: `must be one of ${list(params['allowedValues'])}${but}` }
  if (keyword === 'const') {
    return { path, problem: `must be one of ${list(all.map((each) => each.params['allowedValue']))}${but}` }
  }
  if (keyword === 'type') {
    return { path, problem: `must be ${all.map((each) => each.params['type']).join(' or ')}${but}` }
  }
  // A long pattern is of characters, and tells nobody anything.
  const says = keyword === 'pattern' && String(params['pattern']).length > 40 ? FOREIGN : misfit.message
  return { path, problem: `${says ?? 'does not fit'}${but}` }
}

const FOREIGN = 'has characters that may not stand there'

function unknownKey({ instancePath, params, parentSchema }: Misfit): Problem {
  const key = String(params['additionalProperty'])
  const known = [
    ...Object.keys(parentSchema?.properties ?? {}),
    ...Object.keys(parentSchema?.patternProperties ?? {}).flatMap(alternatives),
  ]
  const near = nearest(key, known)
  const hint =
    near !== undefined
      ? `, did you mean ${quoted(near)}?`
      : known.length > 0
        ? `; known: ${known.join(', ')}`
        : '; there are none'
  return {
    path: `${instancePath}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    problem: `unknown key ${quoted(key)}${hint}`,
  }
}

/** The keys that a pattern of the form `^(a|b)$` allows. */
function alternatives(pattern: string): string[] {
  return /^\^\(([\w|-]+)\)\$$/.exec(pattern)?.[1]?.split('|') ?? []
}

/** The known word at the smallest edit distance, if that is small enough to be a slip. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 100) return undefined
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(1, Math.ceil(best.candidate.length / 3))
    ? best.candidate
    : undefined
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}

function list(values: unknown): string {
  return Array.isArray(values) ? values.join(', ') : String(values)
}

/** As JSON, cut to a length that fits a sentence. */
function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
