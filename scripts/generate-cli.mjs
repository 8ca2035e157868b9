// Writes docs/cli.md from the table that parses the command line.
// Run after tsc: `node scripts/generate-cli.mjs [build folder] [--check]`; --check writes nothing and exits 1 if stale.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = resolve(root, process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'build')
const load = (name) => import(pathToFileURL(resolve(folder, 'src', name)).href)
const { NAMES, rowOf } = await load('ctl/commands/table.js')
const { COMMON } = await load('ctl/commands/flags.js')
const { choicesIn, flagText, synopsis } = await load('ctl/commands/help.js')
const { EXIT } = await load('contract/errors.js')

const EXITS = {
  ok: 'it happened',
  failed: 'it failed; `doctor`: something is broken',
  usage: 'the command line, a range or a parameter cannot be read',
  noDaemon: 'tallyd is not running',
  timeout: 'the time was not enough',
  refused: 'whoever asks may not do this',
  alreadyRunning:
    'tallyd runs already (only from `tallyd` itself; `tallyctl start` says so and exits with 0)',
}

const wanted = `${[
  '# tallyctl',
  '',
  '<!-- written by scripts/generate-cli.mjs from src/ctl/commands/table.ts -->',
  '',
  'The answer goes to stdout, everything else to stderr. In a pipe there are no bars, no colour and no shortened',
  'names; `NO_COLOR` and `FORCE_COLOR` are obeyed. From a clone, type `npx tallyctl`.',
  '',
  ...section(''),
  'Every command takes:',
  '',
  ...flagTable(COMMON),
  ...NAMES.flatMap(section),
  '## Exit status',
  '',
  '| status | means |',
  '|---|---|',
  ...Object.entries(EXIT).map(([name, status]) => `| ${status} | ${EXITS[name]} |`),
].join('\n')}\n`

const path = resolve(root, 'docs/cli.md')
if (existing() !== wanted) {
  if (process.argv.includes('--check')) {
    console.error('docs/cli.md is stale: run npm run generate')
    process.exitCode = 1
  } else {
    writeFileSync(path, wanted)
    console.error('wrote docs/cli.md')
  }
}

function section(name) {
  const row = rowOf(name)
  return [
    `## ${name === '' ? 'tallyctl' : name}`,
    '',
    row.says,
    '',
    '```',
    synopsis(name),
    '```',
    '',
    ...(row.words.length === 0
      ? []
      : table(
          row.words.map((word) => [`\`${word.name}\``, choicesIn(word.says, word)]),
          'word',
        )),
    ...flagTable(row.flags),
    ...(row.more ?? []).flatMap((paragraph) => [paragraph, '']),
    '```',
    ...row.examples.map(({ line, says }) => `${line}   # ${says}`),
    '```',
    '',
  ]
}

function flagTable(flags) {
  if (flags.length === 0) return []
  return table(
    flags.map((flag) => [`\`${flagText(flag)}\``, choicesIn(flag.says, flag)]),
    'flag',
  )
}

function table(rows, title) {
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  return [`| ${title} | means |`, '|---|---|', ...cells.map(([left, right]) => `| ${left} | ${right} |`), '']
}

function existing() {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
