// One file made of many parts: each part is text until something asks for it. V8 reads a text five times as fast as code, and
// a command takes a quarter of the parts: docs/decisions/0021-one-file-of-many-parts.md.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { compileFunction } from 'node:vm'

/** What esbuild writes for an import: `import{a as b}from"x";`, `import a from"x";`, `import*as a from"x";`, `import"x";`. */
const IMPORT = /(?<=^|[;}\n])import(?: ?([\w$]+) ?| ?\*as ([\w$]+) ?|\{([^}]*)\})?(?:from)?"([^"]+)";/g
const LATE_IMPORT = /\bimport\("([^"]+)"\)/g
const EXPORT = /\bexport\{([^}]*)\};$/
const PARAMETERS = ['$exports', '$load', 'require']

/**
 * The text of a CommonJS file that does what `entry` does. `outputFiles` and `metafile` are what esbuild made with
 * `splitting` and `format: 'esm'`. Throws where parts cannot be functions that hand each other constants.
 */
export function packed({ outputFiles, metafile }, entry, { root, banner }) {
  refuseChanging(metafile, root)
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]))
  refuseCircles(outputs)
  const parts = new Map(
    outputFiles.map(({ path, text }) => [basename(path), functionBody(path, text.trimEnd(), outputs)]),
  )
  const main = parts.get(entry)
  parts.delete(entry)
  const texts = [...parts].map(([name, body]) => `${JSON.stringify(name)}:${JSON.stringify(body)}`)
  return `${banner}
"use strict";const parts={
${texts.join(',\n')}
},loaded=new Map(),{compileFunction}=require("node:vm");
function load(name){let part=loaded.get(name);if(part===undefined){loaded.set(name,part={});compileFunction(parts[name],${JSON.stringify(PARAMETERS)},{filename:__filename+"/"+name})(part,load,require)}return part}
(function(${PARAMETERS}){${main}})({},load,require);
`
}

/** A part as the body of a function: what it imports becomes constants, what it exports properties of `$exports`. */
function functionBody(path, text, outputs) {
  const name = basename(path)
  const met = { 'import-statement': new Set(), 'dynamic-import': new Set() }
  const found = (kind, from) => {
    met[kind].add(from)
    return from.startsWith('./') ? `$load("${from.slice(2)}")` : `require("${from}")`
  }
  let head = ''
  let tail = ''
  const rest = text
    .replaceAll(IMPORT, (_, one, all, some, from) => {
      const names = one ?? all ?? (some === undefined ? undefined : `{${some.replaceAll(' as ', ':')}}`)
      head += `${names === undefined ? '' : `const ${names}=`}${found('import-statement', from)};`
      return ''
    })
    .replaceAll(LATE_IMPORT, (_, from) => `Promise.resolve().then(()=>${found('dynamic-import', from)})`)
    .replace(EXPORT, (_, names) => {
      tail = `Object.assign($exports,{${names.split(',').map(property).join(',')}});`
      return ''
    })
  const body = `"use strict";${head}${rest}${tail}`
  // Whatever esbuild may write some day that is not understood here must not go unnoticed.
  for (const [kind, sources] of Object.entries(met)) {
    const told = outputs.get(name).imports.filter((one) => one.kind === kind)
    const wanted = new Set(told.map((one) => (one.external ? one.path : `./${basename(one.path)}`)))
    if (wanted.size !== sources.size || [...wanted].some((source) => !sources.has(source)))
      throw new Error(
        `${name} imports ${[...wanted]} (${kind}), and ${[...sources]} were found in what esbuild wrote`,
      )
  }
  compileFunction(body, PARAMETERS, { filename: name })
  return body
}

/** `a as b` of an export as a property of an object literal. */
function property(exported) {
  const [own, told] = exported.split(' as ')
  return told === undefined ? own : `${told}:${own}`
}

/** Parts are handed constants: an export that changes later would not be seen to. */
function refuseChanging({ inputs }, root) {
  for (const path of Object.keys(inputs)) {
    if (/\.ts$/.test(path) && /^export (let|var) /m.test(readFileSync(`${root}/${path}`, 'utf8')))
      throw new Error(`${path} exports something that changes`)
  }
}

/** Of parts that import each other, one would be handed what is not there yet. */
function refuseCircles(outputs) {
  const done = new Set()
  const walk = (name, way) => {
    if (way.includes(name)) throw new Error(`parts import each other: ${[...way, name].join(' > ')}`)
    if (done.has(name)) return
    for (const { path, kind, external } of outputs.get(name).imports)
      if (kind === 'import-statement' && !external) walk(basename(path), [...way, name])
    done.add(name)
  }
  for (const name of outputs.keys()) walk(name, [])
}
