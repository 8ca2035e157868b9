// `npm run mutations [WORDS]`: breaks the code in every way that test/daemon/usage/mutations.mjs lists, one at a time in a
// temporary copy, and runs the test that has to notice. Fails where one does not notice, or where a change no longer applies.
// WORDS choose: only mutations whose sentence or file holds them all are tried.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { MUTATIONS } from '../test/daemon/usage/mutations.mjs'
import { compileScanner, renderScanner, TARGET as SCANNER_TARGET } from './generate-scanner.mjs'

/** What a compilation needs; `process.cwd()` is the copy's root for the tests. */
const COPIED = ['src', 'test', 'bench', 'package.json', 'tsconfig.json']
const LEFT_OUT = new Set(['node_modules', '.cache'])
/** A mutation that makes a test hang is not what it is meant to be. */
const PATIENCE_MS = 60_000
/** On a machine that has much else to do. */
const COMPILER_PATIENCE_MS = 600_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const words = process.argv.slice(2)
const chosen = MUTATIONS.filter(({ says, file }) => words.every((word) => `${says} ${file}`.includes(word)))
if (chosen.length === 0) fail(`no mutation has ${words.join(' and ')}`)

const copy = mkdtempSync(join(tmpdir(), 'tallyd-mutations-'))
process.on('exit', () => rmSync(copy, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
for (const name of COPIED)
  cpSync(join(root, name), join(copy, name), {
    recursive: true,
    filter: (path) => !LEFT_OUT.has(basename(path)),
  })
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
const compiled = run([join(root, 'node_modules/typescript/bin/tsc'), '-p', copy], COMPILER_PATIENCE_MS)
if (compiled.status !== 0) fail(`it does not compile:\n${compiled.stdout}`)
for (const test of new Set(chosen.map(({ test }) => test))) {
  const { status, stdout } = runTest(test)
  if (status !== 0) fail(`${test} fails without any mutation:\n${stdout}`)
}

const complaints = []
for (const mutation of chosen) {
  const complaint = await tried(mutation)
  console.log(`${complaint === null ? 'noticed ' : 'SURVIVED'}  ${mutation.says}`)
  if (complaint !== null) complaints.push(`${mutation.file}: ${mutation.says}: ${complaint}`)
}
for (const complaint of complaints) console.error(complaint)
console.log(`${chosen.length - complaints.length} of ${chosen.length} mutations were noticed`)
process.exitCode = complaints.length === 0 ? 0 : 1

/** Null if the test that should fail with it does, else what is wrong. */
async function tried({ file, changes, test, fails }) {
  const text = readFileSync(join(root, file), 'utf8')
  let broken = text
  for (const { text: wanted, replacement } of changes) {
    const found = broken.split(wanted).length - 1
    if (found !== 1) return `it no longer applies: ${JSON.stringify(wanted)} is there ${found} times`
    broken = broken.replace(wanted, () => replacement)
  }
  const isScanner = file.startsWith('src/scanner/')
  const target = join(
    copy,
    'build',
    isScanner ? SCANNER_TARGET.replace(/\.ts$/, '.js') : file.replace(/\.ts$/, '.js'),
  )
  const before = readFileSync(target)
  writeFileSync(target, isScanner ? await scannerOf(file, broken) : javascript(broken))
  try {
    const { status, signal, stdout } = runTest(test)
    if (signal !== null) return `${test} does not end with it`
    const failed = [...stdout.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, name]) => name)
    if (failed.some((name) => name.startsWith(fails))) return null
    if (status === 0) return 'no test notices'
    return failed.length === 0 ? `${test} cannot even begin` : `only others notice: ${failed.join('; ')}`
  } finally {
    writeFileSync(target, before)
  }
}

/** The scanner's module where one of its files is broken. */
async function scannerOf(file, broken) {
  const source = join(copy, file)
  const whole = readFileSync(source)
  writeFileSync(source, broken)
  try {
    return renderScanner(await compileScanner(copy))
  } finally {
    writeFileSync(source, whole)
  }
}

/** One file as tsc would emit it; types are not checked, because broken code need not have right ones. */
function javascript(text) {
  const { code } = transformSync(text, {
    loader: 'ts',
    target: 'es2023',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return code.replace(/(from |import\()(["']\.{1,2}\/[^"']*)\.ts(["'])/g, '$1$2.js$3')
}

function runTest(test) {
  return run([join(copy, 'build', test.replace(/\.ts$/, '.js'))])
}

function run(words, timeout = PATIENCE_MS) {
  const options = {
    cwd: copy,
    encoding: 'utf8',
    timeout,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 28,
  }
  return spawnSync(process.execPath, words, options)
}

function fail(says) {
  console.error(says)
  process.exit(1)
}
