// Bundles the programs, one file each: dist/daemon/main.js (tallyd) with the two that index for it, and
// dist/ctl/main.js (tallyctl).
// CommonJS, because Node starts it faster than modules; package.json says "module", hence dist/package.json.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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

const PROGRAMS = {
  'daemon/main': 'src/daemon/main.ts',
  'daemon/indexer': 'src/daemon/usage/index/indexer.ts',
  'daemon/shard-worker': 'src/daemon/usage/index/shard-worker.ts',
  'ctl/main': 'src/ctl/main.ts',
}

/** What a program must not carry: schemas are compiled at build time, and the client speaks over a raw socket. */
const FORBIDDEN = {
  daemon: ['typebox', 'ajv', 'light-my-request'],
  ctl: ['typebox', 'ajv', 'fastify', 'pino', 'lowdb'],
}

rmSync(resolve(root, 'dist'), { recursive: true, force: true })
mkdirSync(resolve(root, 'dist'))
writeFileSync(resolve(root, 'dist/package.json'), '{ "type": "commonjs" }\n')
for (const [name, entry] of Object.entries(PROGRAMS)) {
  if (existsSync(resolve(root, entry))) await bundle(name, entry)
  else console.error(`${entry} is not there yet: skipped`)
}

async function bundle(name, entry) {
  const outfile = resolve(root, `dist/${name}.js`)
  const { metafile } = await build({
    entryPoints: [resolve(root, entry)],
    absWorkingDir: root,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: '#!/usr/bin/env node' },
    define: { TALLYD_VERSION: JSON.stringify(version) },
    external: UNUSED,
    metafile: true,
    logLevel: 'warning',
  })
  chmodSync(outfile, 0o755)
  const carried = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  for (const unwanted of FORBIDDEN[dirname(name)]) {
    const found = carried.find((path) => path.includes(`node_modules/${unwanted}/`))
    if (found !== undefined) throw new Error(`${name} carries ${found}`)
  }
  const { bytes } = Object.values(metafile.outputs)[0]
  if (!process.argv.includes('--quiet')) console.error(`dist/${name}.js  ${Math.round(bytes / 1024)} KiB`)
  if (process.argv.includes('--why')) explain(metafile)
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
