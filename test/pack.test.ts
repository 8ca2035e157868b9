// scripts/pack.mjs: one file of many parts, which refuses what it does not understand.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BuildResult, build } from 'esbuild'
import t from 'tap'

type Files = Readonly<Record<string, string>>
const { packed } = (await import(pathToFileURL(resolve('scripts/pack.mjs')).href)) as {
  packed(
    parts: Pick<BuildResult, 'outputFiles' | 'metafile'>,
    entry: string,
    options: { banner: string },
  ): string
}

/** Packs `main.ts` of these files and returns the file. */
async function pack(folder: string, files: Files): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const made = await build({
    entryPoints: [join(folder, 'main.ts')],
    absWorkingDir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    metafile: true,
    outdir: join(folder, 'out'),
    logLevel: 'silent',
  })
  const file = join(folder, 'packed.cjs')
  writeFileSync(file, packed(made, 'main.js', { banner: '#!/usr/bin/env node' }))
  return file
}

const run = (file: string, ...words: string[]) =>
  spawnSync(process.execPath, [file, ...words], { encoding: 'utf8' })

const SHARED = `
import { sep } from 'node:path'
import * as os from 'node:os'
console.log('shared is loaded')
export class Shared { static made = 0; readonly n = ++Shared.made }
export { sep as slash }
export const eol = os.EOL
`
const COMMANDS: Files = {
  'shared.ts': SHARED,
  'main.ts': `
import { Shared } from './shared.ts'
new Shared()
if (process.argv[2] === 'first') void import('./first.ts').then(({ first }) => first())
if (process.argv[2] === 'second') void import('./second.ts').then(({ default: second }) => second())
`,
  'first.ts': `
import { eol, Shared, slash } from './shared.ts'
import fs from 'node:fs'
console.log('first is loaded')
export function first() { fs.writeSync(1, [new Shared().n, slash].join(' ') + eol) }
`,
  'second.ts': `
import { Shared } from './shared.ts'
console.log('second is loaded')
export default async function second() {
  const { dirname } = await import('node:path')
  console.log(new Shared().n, dirname('/a/b'))
  throw new Error('on purpose')
}
`,
}

t.test('a part is compiled when it is asked for, once, and shares what it imports', async (t) => {
  const file = await pack(t.testdir(), COMMANDS)
  t.equal(run(file).stdout, 'shared is loaded\n')
  t.equal(run(file, 'first').stdout, 'shared is loaded\nfirst is loaded\n2 /\n')
  const { stdout, stderr } = run(file, 'second')
  t.equal(stdout, 'shared is loaded\nsecond is loaded\n2 /a\n')
  t.match(stderr, /on purpose\n\s+at second \(.*packed\.cjs\/second-\w+\.js:1:/, 'a trace names the part')
})

t.test('what only looks like an import or an export is left alone', async (t) => {
  const first = `
import { sep } from 'node:path'
export const first = () => console.log('import("node:path");import{a}from"node:path";export{b};', sep, \`}import{a}from"node:path";$&\`)
void import('node:path')
`
  const file = await pack(t.testdir(), { ...COMMANDS, 'first.ts': first })
  const said = `import("node:path");import{a}from"node:path";export{b}; / }import{a}from"node:path";$&`
  t.equal(run(file, 'first').stdout, `shared is loaded\n${said}\n`)
})

t.test('a package of Node that is imported late has its default and its names', async (t) => {
  const second = `export default async function second() {
  const { default: path, sep } = await import('node:path')
  console.log(path.sep === sep, sep)
}`
  const file = await pack(t.testdir(), { ...COMMANDS, 'second.ts': second })
  t.equal(run(file, 'second').stdout, 'shared is loaded\ntrue /\n')
})

t.test('a part that fails while it is loaded fails each time, with the same error', async (t) => {
  const main = `
import('./first.ts').catch((error) => { console.log(error.message); return import('./first.ts') }).catch((error) => console.log(error.message))
`
  const first = `export const first = 1\nthrow new Error('as it is loaded')`
  const file = await pack(t.testdir(), { 'main.ts': main, 'first.ts': first })
  t.equal(run(file).stdout, 'as it is loaded\nas it is loaded\n')
})

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  [
    'an export that changes',
    'let n = 0; export { n as count }; export const up = () => n++',
    /changes n, which it exports/,
  ],
  [
    'an export that changes in a pattern',
    'let n = 0; export { n as count }; export const up = () => { [n] = [2] }',
    /changes n/,
  ],
  [
    'a name that is taken',
    'export const count = () => $load()\ndeclare function $load(): number',
    /says \$load/,
  ],
  ['where the file lies', 'export const count = () => __dirname', /says __dirname/],
  ['import.meta', 'export const count = () => import.meta.url', /says import\.meta/],
  [
    'an import of what is not named',
    'export const count = (name: string) => import(name)',
    /imports what is not named/,
  ],
  ['waiting at the top', 'export const count = await Promise.resolve(1)', /await is only valid/],
  [
    'a package of CommonJS that is imported late',
    `export const count = () => import('./old.cjs')`,
    /exports in another way/,
  ],
]
for (const [what, text, message] of REFUSED) {
  t.test(`${what} fails the build`, async (t) => {
    const files = {
      'main.ts': `void import('./part.ts').then((part) => console.log(part.count))`,
      'part.ts': text,
      'old.cjs': 'module.exports = 1',
    }
    await t.rejects(pack(t.testdir(), files), message)
  })
}

t.test('parts that import each other fail the build', async (t) => {
  const importing = (path: string) => ({
    imports: [{ path, kind: 'import-statement' as const }],
    exports: [],
    inputs: {},
    bytes: 0,
  })
  const outputs = {
    'out/main.js': importing('out/a.js'),
    'out/a.js': importing('out/b.js'),
    'out/b.js': importing('out/a.js'),
  }
  t.throws(
    () => packed({ outputFiles: [], metafile: { inputs: {}, outputs } }, 'main.js', { banner: '' }),
    /parts import each other: main\.js > a\.js > b\.js > a\.js/,
  )
})
