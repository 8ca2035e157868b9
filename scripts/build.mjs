// Bundles the programs, one file each: dist/daemon/main.js (tallyd) with the two that index for it, and
// dist/ctl/main.js (tallyctl); the page that the web listener serves, dist/page; and whose code they carry, dist/third-party.txt.
// CommonJS, because Node starts it faster than modules; package.json says "module", hence dist/package.json.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { packed } from './pack.mjs'
import { notice } from './third-party.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'))

/**
 * Left out of the bundle. Fastify requires the first three only when it compiles schemas or is injected with
 * requests, and we give it neither; ws does without the last two.
 */
const UNUSED = [
  '@fastify/ajv-compiler',
  '@fastify/fast-json-stringify-compiler',
  'light-my-request',
  'bufferutil',
  'utf-8-validate',
]

/** Not bundled: it holds a library for each platform, and npm installs the one that fits. */
const INSTALLED = ['@napi-rs/keyring']

const PROGRAMS = {
  'daemon/main': 'src/daemon/main.ts',
  'daemon/indexer': 'src/daemon/usage/index/indexer.ts',
  'daemon/keychain': 'src/daemon/vault/keys/keychain-process.ts',
  'daemon/shard-worker': 'src/daemon/usage/index/shard-worker.ts',
  'ctl/main': 'src/ctl/main.ts',
}

/** Programs that end as soon as they have answered: of these, only what a command needs is compiled. */
const IN_PARTS = ['ctl/main']

const BANNER = '#!/usr/bin/env node'

/** What a program must not carry: schemas are compiled at build time, and the client speaks over a raw socket. */
const FORBIDDEN = {
  daemon: ['typebox', 'ajv', 'light-my-request'],
  ctl: ['typebox', 'ajv', 'fastify', 'pino', 'lowdb'],
  page: ['typebox', 'ajv', 'ws'],
}

/** What the page is made of: the files as they are served, and where each comes from. */
const PAGE = {
  'index.html': 'src/page/index.html',
  'assets/page.js': 'src/page/main.tsx',
  'assets/page.css': 'src/page/page.css',
  'assets/icon.svg': 'src/page/icon.svg',
}
/** Bytes of all of it, compressed. The listener sends them as they are: a page this small needs no compression on loopback. */
const PAGE_BUDGET = 60 * 1000

/** HTTP/2, which fastify loads at once and we never ask for, is loaded when it is: docs/decisions/0003-a-light-daemon.md. */
const lateHttp2 = {
  name: 'late-http2',
  setup(build) {
    build.onResolve({ filter: /^node:http2$/ }, ({ path }) => ({ path, namespace: 'late' }))
    build.onLoad({ filter: /./, namespace: 'late' }, () => ({
      contents: "module.exports = new Proxy({}, { get: (_, name) => require('http2')[name] })",
    }))
  },
}

/** Generated validators with names as short as can be: V8 holds the source of what runs, and no trace of ours leads into them. */
const small = {
  name: 'small',
  setup(build) {
    build.onLoad({ filter: /src[\\/]contract[\\/]generated[\\/]/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', minify: true })
      return { contents: code, loader: 'js' }
    })
  },
}

/** What esbuild tells of each bundle. */
const made = []

rmSync(resolve(root, 'dist'), { recursive: true, force: true })
mkdirSync(resolve(root, 'dist'))
writeFileSync(resolve(root, 'dist/package.json'), '{ "type": "commonjs" }\n')
for (const [name, entry] of Object.entries(PROGRAMS)) {
  if (existsSync(resolve(root, entry))) await bundle(name, entry)
  else console.error(`${entry} is not there yet: skipped`)
}
await bundlePage()
writeFileSync(resolve(root, 'dist/third-party.txt'), notice(root, made))

async function bundle(name, entry) {
  const outfile = resolve(root, `dist/${name}.js`)
  const options = {
    entryPoints: [resolve(root, entry)],
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    define: { TALLYD_VERSION: JSON.stringify(version) },
    external: [...UNUSED, ...INSTALLED],
    plugins: [lateHttp2, small],
    metafile: true,
    logLevel: 'warning',
  }
  const metafile = IN_PARTS.includes(name)
    ? await inParts(outfile, options)
    : await inOnePiece(outfile, options)
  chmodSync(outfile, 0o755)
  made.push(metafile)
  refuseForbidden(name, dirname(name), metafile)
  if (!process.argv.includes('--quiet'))
    console.error(`dist/${name}.js  ${Math.round(statSync(outfile).size / 1024)} KiB`)
  if (process.argv.includes('--why')) explain(metafile)
}

async function inOnePiece(outfile, options) {
  return (await build({ ...options, outfile, format: 'cjs', banner: { js: BANNER } })).metafile
}

async function inParts(outfile, options) {
  const outdir = dirname(outfile)
  const parts = await build({ ...options, outdir, format: 'esm', splitting: true, write: false })
  mkdirSync(outdir, { recursive: true })
  writeFileSync(outfile, packed(parts, basename(outfile), { banner: BANNER }))
  return parts.metafile
}

async function bundlePage() {
  const folder = resolve(root, 'dist/page')
  mkdirSync(resolve(folder, 'assets'), { recursive: true })
  let compressed = 0
  for (const [name, source] of Object.entries(PAGE)) {
    const outfile = resolve(folder, name)
    if (/\.(js|css)$/.test(name)) await bundleAsset(name, source, outfile)
    else copyFileSync(resolve(root, source), outfile)
    compressed += gzipSync(readFileSync(outfile)).length
  }
  if (compressed > PAGE_BUDGET)
    throw new Error(`the page has ${compressed} B compressed, over ${PAGE_BUDGET}`)
  const size = (compressed / 1000).toFixed(1)
  if (!process.argv.includes('--quiet'))
    console.error(`dist/page  ${size} kB compressed, of ${PAGE_BUDGET / 1000}`)
}

async function bundleAsset(name, source, outfile) {
  const { metafile } = await build({
    entryPoints: [resolve(root, source)],
    absWorkingDir: root,
    outfile,
    bundle: true,
    platform: 'browser',
    target: ['es2022', 'chrome110', 'firefox115', 'safari16'],
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  made.push(metafile)
  refuseForbidden(`page/${name}`, 'page', metafile)
  if (process.argv.includes('--why')) explain(metafile)
}

function refuseForbidden(name, program, { outputs }) {
  const carried = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs))
  for (const unwanted of FORBIDDEN[program]) {
    const found = carried.find((path) => path.includes(`node_modules/${unwanted}/`))
    if (found !== undefined) throw new Error(`${name} carries ${found}`)
  }
}

/** What makes the bundle as large as it is, by package. */
function explain(metafile) {
  const sizes = new Map()
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'tallyd'
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput)
    }
  }
  for (const [name, bytes] of [...sizes].sort((a, b) => b[1] - a[1])) console.error(`  ${bytes}  ${name}`)
}
