// One file made of many parts: each part is text until something asks for it. V8 reads a text five times as fast as code, and
// a command needs a fifth of it: docs/decisions/0021-one-file-of-many-parts.md.
import { basename } from 'node:path'
import { compileFunction } from 'node:vm'
import { parse } from 'acorn'

/** What each part is handed: where its exports go, what gives it another part, and Node's own `require`. */
const PARAMETERS = ['$exports', '$load', 'require']
/** What would mean something else in a part than in a module. */
const RESERVED = ['$exports', '$load', '__filename', '__dirname', '__proto__']

/**
 * The text of a CommonJS file that does what `entry` does. `outputFiles` and `metafile` are what esbuild made with
 * `splitting` and `format: 'esm'`. Throws where a part says anything that is not understood here.
 */
export function packed({ outputFiles, metafile }, entry, { banner }) {
  refuseCircles(metafile)
  const parts = new Map(
    outputFiles.map(({ path, text }) => [basename(path), functionBody(basename(path), text.trimEnd())]),
  )
  const main = parts.get(entry)
  parts.delete(entry)
  const texts = [...parts].map(([name, body]) => `${quoted(name)}:${quoted(body)}`)
  return `${banner}
"use strict";const parts={
${texts.join(',\n')}
},loaded=new Map(),{compileFunction}=require("node:vm");
function load(name){let part=loaded.get(name);if(part===undefined){loaded.set(name,part={exports:{}});try{compileFunction(parts[name],${JSON.stringify(PARAMETERS)},{filename:__filename+"/"+name})(part.exports,load,require)}catch(error){part.failed={error}}}if(part.failed!==undefined)throw part.failed.error;return part.exports}
(function(${PARAMETERS}){${main}})({},load,require);
`
}

/** As a literal in single quotes: code is full of double ones. */
const quoted = (text) =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`

/** A part as the body of a function: what it imports becomes constants, what it exports properties of `$exports`. */
function functionBody(name, text) {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module' })
  const refuse = (what) => {
    throw new Error(`${name} ${what}: scripts/pack.mjs cannot make a function of it`)
  }
  const edits = []
  const replace = ({ start, end }, by) => edits.push({ start, end, by })
  let head = ''
  const exported = new Map()
  for (const statement of tree.body) {
    if (statement.type === 'ImportDeclaration') {
      head += constants(statement)
      replace(statement, '')
    } else if (statement.type === 'ExportNamedDeclaration' && statement.specifiers.length > 0) {
      if (statement.source !== null) refuse('exports what another part exports')
      for (const one of statement.specifiers) {
        if (one.exported.type !== 'Identifier') refuse('exports a name in quotes')
        exported.set(one.exported.name, one.local.name)
      }
      replace(statement, '')
    } else if (statement.type.startsWith('Export')) refuse('exports in another way than by a list of names')
  }
  const own = new Set(exported.values())
  for (const node of nodesOf(tree)) {
    if (node.type === 'Identifier' && RESERVED.includes(node.name)) refuse(`says ${node.name}`)
    if (node.type === 'MetaProperty' && node.meta.name === 'import') refuse('says import.meta')
    if (node.type === 'ImportExpression') replace(node, later(node.source, refuse))
    // Whoever imports it is handed what it is when the part has run.
    for (const changed of changedBy(node))
      if (own.has(changed)) refuse(`changes ${changed}, which it exports`)
  }
  const properties = [...exported].map(([as, local]) => property(as, local))
  const tail = properties.length === 0 ? '' : `Object.assign($exports,{${properties}});`
  const body = `"use strict";${head}${edited(text, edits)}${tail}`
  compileFunction(body, PARAMETERS, { filename: name })
  return body
}

/** An import declaration as constants. A package of Node's is its own default export. */
function constants({ specifiers, source: { value } }) {
  const isPart = value.startsWith('./')
  const from = isPart ? `$load(${JSON.stringify(basename(value))})` : `require(${JSON.stringify(value)})`
  if (specifiers.length === 0) return `${from};`
  const isWhole = ({ type, imported }) =>
    type === 'ImportNamespaceSpecifier' || (!isPart && (imported?.name ?? 'default') === 'default')
  const whole = specifiers.filter(isWhole).map(({ local }) => `const ${local.name}=${from};`)
  const named = specifiers
    .filter((one) => !isWhole(one))
    .map(({ imported, local }) => property(imported?.name ?? 'default', local.name))
  return whole.join('') + (named.length === 0 ? '' : `const{${named}}=${from};`)
}

const property = (name, local) => (name === local ? name : `${name}:${local}`)

/** What stands in place of `import(source)`. */
function later({ type, value }, refuse) {
  if (type !== 'Literal') refuse('imports what is not named')
  const got = value.startsWith('./')
    ? `$load(${JSON.stringify(basename(value))})`
    : `({default:require(${JSON.stringify(value)}),...require(${JSON.stringify(value)})})`
  return `Promise.resolve().then(()=>${got})`
}

/** Names that a node gives another value, which it was not declared with. */
function* changedBy({ type, left, argument }) {
  if (type === 'AssignmentExpression') yield* namesIn(left)
  if ((type === 'ForInStatement' || type === 'ForOfStatement') && left.type !== 'VariableDeclaration')
    yield* namesIn(left)
  if (type === 'UpdateExpression') yield* namesIn(argument)
}

/** The variables of a pattern: `a`, and of `[a, { b = 1, ...c }]` each. */
function* namesIn(pattern) {
  if (pattern === null) return
  if (pattern.type === 'Identifier') yield pattern.name
  for (const inner of [...(pattern.elements ?? []), ...(pattern.properties ?? [])]) yield* namesIn(inner)
  if (pattern.type === 'Property') yield* namesIn(pattern.value)
  if (pattern.type === 'AssignmentPattern') yield* namesIn(pattern.left)
  if (pattern.type === 'RestElement') yield* namesIn(pattern.argument)
}

function* nodesOf(node) {
  yield node
  for (const value of Object.values(node)) {
    for (const inner of Array.isArray(value) ? value : [value])
      if (typeof inner?.type === 'string') yield* nodesOf(inner)
  }
}

function edited(text, edits) {
  let [out, at] = ['', 0]
  for (const { start, end, by } of edits.sort((a, b) => a.start - b.start)) {
    out += text.slice(at, start) + by
    at = end
  }
  return out + text.slice(at)
}

/** Of parts that import each other, one would be handed what is not there yet. */
function refuseCircles({ outputs }) {
  const done = new Set()
  const walk = (path, way) => {
    if (way.includes(path)) {
      const names = [...way, path].map((each) => basename(each))
      throw new Error(`parts import each other: ${names.join(' > ')}`)
    }
    if (done.has(path)) return
    for (const { path: next, kind, external } of outputs[path].imports)
      if (kind === 'import-statement' && !external) walk(next, [...way, path])
    done.add(path)
  }
  for (const path of Object.keys(outputs)) walk(path, [])
}
