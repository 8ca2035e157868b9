// What the generated validators tell of a value that does not fit is nine tenths of their code. Only what src/contract/misfit.ts
// reads is left of it.

/** Keywords that misfit.ts has words of its own for: Ajv's sentence is not needed. */
const WORDED = ['additionalProperties', 'required', 'enum', 'const', 'type', 'anyOf']

/** Ajv's code with shorter descriptions of misfits; with none where `telling` is false. Throws where it does not look as expected. */
export function shortened(code, telling) {
  const parts = []
  let from = 0
  for (let at = code.indexOf(START); at >= 0; at = code.indexOf(START, from)) {
    const end = closing(code, at)
    parts.push(code.slice(from, at), telling ? needed(code.slice(at, end)) : '{}')
    from = end
  }
  return parts.join('') + code.slice(from)
}

const START = '{instancePath:'

function needed(misfit) {
  const fields = new Map(
    split(misfit.slice(1, -1)).map((field) => [field.slice(0, field.indexOf(':')), field]),
  )
  // {instancePath} alone would be what a function takes, not a misfit.
  for (const name of ['keyword', 'params']) {
    if (!fields.has(name)) throw new Error(`a misfit without ${name}: ${misfit}`)
  }
  const keyword = JSON.parse(fields.get('keyword').slice('keyword:'.length))
  fields.delete('schemaPath')
  fields.delete('schema')
  // The keys that are known there; settings.ts asks for them where one is missing too.
  if (keyword !== 'additionalProperties' && keyword !== 'required') fields.delete('parentSchema')
  if (WORDED.includes(keyword)) fields.delete('message')
  return `{${[...fields.values()].join(',')}}`
}

/** Where the bracket that opens at `start` is closed: the place after it. */
function closing(code, start) {
  let depth = 0
  for (let at = start; at < code.length; at = next(code, at)) {
    if ('{[('.includes(code[at])) depth++
    if ('}])'.includes(code[at]) && --depth === 0) return at + 1
  }
  throw new Error('a bracket in the validators is not closed')
}

/** The parts between commas that stand in no bracket and no string. */
function split(code) {
  const parts = []
  let depth = 0
  let from = 0
  for (let at = 0; at < code.length; at = next(code, at)) {
    if ('{[('.includes(code[at])) depth++
    if ('}])'.includes(code[at])) depth--
    if (code[at] === ',' && depth === 0) {
      parts.push(code.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, code.slice(from)]
}

/** The next place that is not in a string. Ajv writes no regular expression and no template there. */
function next(code, at) {
  if (code[at] !== '"') return at + 1
  let end = at + 1
  while (code[end] !== '"') end += code[end] === '\\' ? 2 : 1
  return end + 1
}
